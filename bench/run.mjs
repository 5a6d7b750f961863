import { killAll } from './harness/bench-process.mjs';
import { buildGenerated } from './harness/build-generated.mjs';
import { listScenarios, listTargets, loadScenario, loadTarget } from './harness/catalog.mjs';
import { choosePinning, measureBusyShare } from './harness/cpus.mjs';
import { describeMember } from './harness/describe-schema.mjs';
import { describeLimits, listLimits } from './harness/list-limits.mjs';
import { describeVerdict, judgeMarks } from './harness/marks.mjs';
import { BASE, UsageError, helpText, parseOptions } from './harness/options.mjs';
import { createProgress } from './harness/progress.mjs';
import { describeMachine, keepRun, writeResults } from './harness/results-file.mjs';
import { runRounds } from './harness/run-rounds.mjs';
import { summarize } from './harness/summary.mjs';
import { renderTable } from './harness/table.mjs';
import { writeReadme } from './write-readme.mjs';

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
  await buildGenerated();
  const machine = { ...describeMachine(), busyAtStart: await measureBusyShare() };
  const pinning = choosePinning();
  const { rounds, seconds, warmup } = options;
  const startedAt = new Date();
  const run = { startedAt, machine, pinning, base: BASE, rounds, seconds, warmup, scenarios: [] };
  const plan = await planRounds(options);
  const progress = createProgress(
    plan.reduce((sum, one) => sum + one.rounds, 0) * options.targets.length,
  );
  reportStart(options, { machine, pinning, plan });
  let path;
  for (const { scenario, rounds: own } of plan) {
    const tools = { pinning, report, progress };
    run.scenarios.push(await runScenario({ ...options, scenario, rounds: own }, tools));
    path = writeResults(run);
  }
  report(`written ${path}`);
  if (options.writeReadme) keepForReadme(run, options);
}

/** Says how many rounds each scenario gets: fewer where one is enough. */
async function planRounds({ scenarios, rounds }) {
  const plan = [];
  for (const scenario of scenarios) {
    const { rounds: enough = rounds } = await loadScenario(scenario);
    plan.push({ scenario, rounds: Math.min(rounds, enough) });
  }
  return plan;
}

async function runScenario(options, tools) {
  const { scenario: name, rounds, targets: targetNames, markdown } = options;
  const scenario = await loadScenario(name);
  const { title, row, unit, columns, marks, member } = scenario;
  report(`${name}: ${title}`);
  const targets = {};
  for (const target of targetNames) targets[target] = await loadTarget(target);
  const limits = await listLimits(scenario, targets);
  const summaries = summarize(
    await runRounds(options, tools),
    BASE,
    columns?.[0]?.[0] ?? 'serverUs',
  );
  const verdicts = judgeMarks(marks, summaries);
  const schema = member === undefined ? null : describeMember(member);
  const absent = summaries.filter(({ reason }) => reason !== null);
  const notes = [
    ...verdicts.map((verdict) => `mark: ${describeVerdict(verdict)}`),
    ...absent.map(({ label, reason }) => `${label}: ${reason}`),
    ...(schema === null ? [] : [schema]),
    ...describeLimits(limits),
  ];
  const table = renderTable(summaries, { unit, markdown, columns });
  const head = `${markdown ? '### ' : ''}${name}: ${title}`;
  const foot = notes.map((note) => (markdown ? `- ${note}` : note)).join('\n');
  process.stdout.write(`${head}\n\n${table}\n\n${foot}\n\n`);
  if (summaries.some(({ failure }) => failure !== null)) process.exitCode = 1;
  const [main, mainTitle] = columns?.[0] ?? ['serverUs'];
  const shown = { scenario: name, title, row, unit, main, mainTitle, rounds };
  return { ...shown, schema, limits, verdicts, targets: summaries };
}

function keepForReadme(run, { scenarios, targets }) {
  const isComplete =
    scenarios.length === listScenarios().length && targets.length === listTargets().length;
  if (!isComplete) return report('not written into the README: not every scenario and target ran');
  keepRun(run);
  writeReadme();
  report('written bench/results/complete.json and the table of README.md');
}

function reportStart({ targets, rounds, seconds, warmup }, { machine, pinning, plan }) {
  const figures = plan.reduce((sum, one) => sum + one.rounds, 0) * targets.length;
  const counts = `${plan.length} scenarios, ${targets.length} targets, up to ${rounds} rounds`;
  const minutes = Math.ceil((figures * (seconds + warmup + 1.5)) / 60);
  report(`${counts}, ${figures} figures, about ${minutes} min`);
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
