import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A program that is done must end without being made to. */
const END_MS = 10_000;

/**
 * A program to be run.
 * @typedef {object} Program
 * @property {string} command
 * @property {readonly string[]} args
 * @property {string} cwd
 * @property {NodeJS.ProcessEnv} [env]
 * @property {number} timeoutMs after which it is killed
 * @property {number} [endMs] what it gets to end by itself when it is done
 * @property {AbortSignal} [signal] which kills it, too
 */

/**
 * How a program ended. The verdict is empty when it ended well.
 * @typedef {{ lines: readonly string[], output: string, verdict: string, seconds: number }} Ended
 */

/**
 * A program that runs.
 * @typedef {object} Running
 * @property {Promise<Ended>} ended
 * @property {() => void} expectEnd kills it unless it ends by itself soon
 * @property {() => void} terminate asks it to end
 */

/**
 * Starts a program, and hands its lines on.
 * @param {Program} program
 * @param {(line: string) => void} [onLine]
 * @returns {Running}
 */
function startProgram(program, onLine = () => {}) {
  const { command, args, timeoutMs, endMs = END_MS, ...options } = program;
  const startedAt = performance.now();
  const child = spawn(command, args, { ...options, killSignal: 'SIGKILL', stdio: 'pipe' });
  child.stdin.end();
  /** @type {string[]} */
  const lines = [];
  let output = '';
  let killed = '';
  /** @type {NodeJS.Timeout[]} */
  const timers = [];
  /** @type {(delayMs: number, why: string) => void} */
  const killLater = (delayMs, why) => {
    const kill = () => {
      killed = why;
      child.kill('SIGKILL');
    };
    timers.push(setTimeout(kill, delayMs));
  };
  killLater(timeoutMs, `killed after ${timeoutMs / 1000} s`);
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line);
    output += `${line}\n`;
    onLine(line);
  });
  child.stderr.on('data', (data) => (output += data));
  const ended = once(child, 'close')
    .then(([code, signal]) => {
      const verdict = killed || (code === 0 ? '' : `exit ${code ?? signal}`);
      const seconds = (performance.now() - startedAt) / 1000;
      return { lines, output, verdict, seconds };
    })
    .finally(() => {
      for (const timer of timers) clearTimeout(timer);
    });
  // Who waits for it hears of a failure; who does not, has lost interest.
  ended.catch(() => {});
  const expectEnd = () => killLater(endMs, 'it did not end by itself');
  return { ended, expectEnd, terminate: () => void child.kill('SIGTERM') };
}

/**
 * Runs a program and gives what it printed. Fails with it when the program fails.
 * @param {Program} program
 */
export async function runProgram(program) {
  const { output, verdict } = await startProgram(program).ended;
  if (verdict === '') return output;
  throw new Error(`${program.command} ${program.args.join(' ')}: ${verdict}\n${output}`);
}

/**
 * Runs a program that says by a line that it is done, and then has to end by itself.
 * @param {Program} program
 * @param {(line: string) => boolean} isDone
 */
export function runUntilDone(program, isDone) {
  const running = startProgram(program, (line) => {
    if (isDone(line)) running.expectEnd();
  });
  return running.ended;
}

/**
 * Starts a server whose first line says its ports as JSON; `stop` ends it, by itself, and tells how.
 * @param {Program} program
 * @returns {Promise<{ ports: any, stop: () => Promise<Ended> }>}
 */
export async function startServer(program) {
  /** @type {(line: string) => void} */
  let onLine = () => {};
  const first = new Promise((resolve) => (onLine = resolve));
  const running = startProgram(program, (line) => onLine(line));
  const { ended } = running;
  const line = await Promise.race([first, ended]);
  if (typeof line !== 'string') {
    throw new Error(`the server did not start: ${line.verdict}\n${line.output}`);
  }
  const stop = () => {
    running.terminate();
    running.expectEnd();
    return ended;
  };
  return { ports: JSON.parse(line), stop };
}
