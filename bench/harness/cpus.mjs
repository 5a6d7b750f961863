import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

const BUSY_SAMPLE_MS = 500;

/**
 * Which CPU each process of a figure is pinned to; `null` leaves it to the system.
 * @typedef {{ server: number | null, load: number | null }} Pinning
 */

/**
 * Chooses one CPU for the server and another for the load.
 *
 * Pins nothing where `taskset` is missing or the process may use one CPU only.
 * @returns {Pinning}
 */
export function choosePinning() {
  const allowed = allowedCpus();
  if (allowed.length < 2 || spawnSync('taskset', ['--version']).status !== 0) {
    return { server: null, load: null };
  }
  // Interrupts tend to land on the first CPU, and neighbours often share a core.
  return { server: allowed.at(-1), load: allowed[0] };
}

/**
 * Measures what share of all CPUs others use while this process rests.
 * @returns {Promise<number>} 0 to 1
 */
export async function measureBusyShare() {
  const before = sumTimes();
  await pause(BUSY_SAMPLE_MS);
  const after = sumTimes();
  return 1 - (after.idle - before.idle) / Math.max(1, after.all - before.all);
}

function sumTimes() {
  const sum = { idle: 0, all: 0 };
  for (const { times } of cpus()) {
    sum.idle += times.idle;
    sum.all += times.user + times.nice + times.sys + times.irq + times.idle;
  }
  return sum;
}

/** @returns {number[]} the CPUs that this process may use; empty where the system does not tell */
function allowedCpus() {
  let status;
  try {
    status = readFileSync('/proc/self/status', 'utf8');
  } catch {
    return [];
  }
  const list = /^Cpus_allowed_list:\s*(.+)$/m.exec(status)?.[1] ?? '';
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
