import { killAll } from './harness/bench-process.mjs';
import { loadScenario } from './harness/catalog.mjs';
import { choosePinning, measureBusyShare } from './harness/cpus.mjs';
import { BASE, UsageError, helpText, parseOptions } from './harness/options.mjs';
import { describeMachine, writeResults } from './harness/results-file.mjs';
import { runRounds } from './harness/run-rounds.mjs';
import { summarize } from './harness/summary.mjs';
import { renderTable } from './harness/table.mjs';

// A quiet machine shows one or two percent; a compiler next door shows half a CPU and more.
const MAX_QUIET_SHARE = 0.08;

const report = (line) => process.stderr.write(`${line}\n`);

process.on('exit', killAll);
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
]) {
  process.on(signal, () => process.exit(code));
}

/** @param {import('./harness/options.mjs').Options} options */
async function main(options) {
  const startedAt = new Date();
  const machine = { ...describeMachine(), busyAtStart: await measureBusyShare() };
  const pinning = choosePinning();
  const { title, unit } = await loadScenario(options.scenario);
  reportStart(options, { title, machine, pinning });
  const measured = await runRounds(options, { pinning, report });
  const summaries = summarize(measured, BASE);
  const { scenario, rounds, seconds, warmup } = options;
  const run = { scenario, title, unit, base: BASE, rounds, seconds, warmup, startedAt, machine };
  const path = writeResults({ ...run, pinning, targets: summaries });
  process.stdout.write(`${renderTable(summaries, { unit, markdown: options.markdown })}\n`);
  report(`written ${path}`);
  if (summaries.some(({ failure }) => failure !== null)) process.exitCode = 1;
}

function reportStart({ targets, rounds, seconds, warmup }, { title, machine, pinning }) {
  const total = Math.ceil(targets.length * rounds * (seconds + warmup + 1));
  report(`${title}: ${targets.length} targets, ${rounds} rounds, about ${total} s`);
  report(`node ${machine.node}, ${machine.cpuCount} x ${machine.cpu}`);
  if (pinning.server === null) report('not pinned: needs taskset and two CPUs; expect more spread');
  if (machine.busyAtStart > MAX_QUIET_SHARE) {
    const percent = Math.round(machine.busyAtStart * 100);
    report(`others use ${percent}% of this machine: figures will be off`);
  }
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(`${helpText()}\n`);
  else await main(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  report(`${error.message}\nsee node bench/run.mjs --help`);
  process.exitCode = 2;
}
