import { killAll } from './harness/bench-process.mjs';
import { loadScenario } from './harness/catalog.mjs';
import { choosePinning, measureBusyShare } from './harness/cpus.mjs';
import { judgeMarks, listNotes } from './harness/marks.mjs';
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
  reportStart(options, { machine, pinning });
  for (const scenario of options.scenarios) {
    await runScenario({ ...options, scenario }, { startedAt, machine, pinning });
  }
}

async function runScenario(options, { startedAt, machine, pinning }) {
  const { scenario, rounds, seconds, warmup, markdown } = options;
  const { title, unit, columns, marks, limits } = await loadScenario(scenario);
  report(`${scenario}: ${title}`);
  const measured = await runRounds(options, { pinning, report });
  const summaries = summarize(measured, BASE, columns?.[0]?.[0] ?? 'serverUs');
  const verdicts = judgeMarks(marks, summaries);
  const run = { scenario, title, unit, base: BASE, rounds, seconds, warmup, startedAt, machine };
  const path = writeResults({ ...run, pinning, limits, verdicts, targets: summaries });
  const table = renderTable(summaries, { unit, markdown, columns });
  const head = `${markdown ? '### ' : ''}${scenario}: ${title}`;
  const notes = [...verdicts, ...listNotes(summaries, limits)];
  const foot = notes.map((note) => (markdown ? `- ${note}` : note)).join('\n');
  process.stdout.write(`${head}\n\n${table}\n\n${foot}\n\n`);
  report(`written ${path}`);
  if (summaries.some(({ failure }) => failure !== null)) process.exitCode = 1;
}

function reportStart({ scenarios, targets, rounds, seconds, warmup }, { machine, pinning }) {
  const each = seconds + warmup + 1;
  const total = Math.ceil(scenarios.length * targets.length * rounds * each);
  const counts = `${scenarios.length} scenarios, ${targets.length} targets, ${rounds} rounds`;
  report(`${counts}, about ${total} s`);
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
