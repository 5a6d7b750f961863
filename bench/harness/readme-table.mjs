import { describeVerdict } from './marks.mjs';

/** The columns of the README's table, in their order. */
const COLUMNS = [
  ['ws-json-zod', 'base'],
  ['ws-echo', 'raw `ws`'],
  ['trpc', 'tRPC'],
  ['orpc', 'oRPC'],
  ['socketio', 'Socket.IO'],
  ['capnweb', "Cap'n Web"],
  ['effect', 'Effect'],
  ['trunkline', '**Trunkline**'],
];

const NONE = `No complete run is kept. \`npm run bench -- --write-readme\` makes one.`;

/**
 * Writes what the README shows of a run: where and when it was made, and a row for each scenario.
 * @param {object | null} run as `readKeptRun` gives it
 */
export function renderReadme(run) {
  if (run === null) return NONE;
  const verdicts = run.scenarios.flatMap((scenario) => scenario.verdicts);
  const met = verdicts.filter(({ isMet }) => isMet).length;
  const titles = ['scenario', 'unit', ...COLUMNS.map(([, title]) => title), 'mark'];
  const rule = ['---', '---', ...COLUMNS.map(() => '---:'), '---'];
  const lines = [titles, rule, ...run.scenarios.map(rowOf)].map((row) => `| ${row.join(' | ')} |`);
  return `${conditionsOf(run)} ${met} of ${verdicts.length} marks are met.\n\n${lines.join('\n')}`;
}

function conditionsOf({ startedAt, machine, rounds, seconds, pinning }) {
  const { cpu, cpuCount, node } = machine;
  const pinned = pinning.server === null ? 'not pinned' : 'server and load pinned to a CPU each';
  const how = `medians of up to ${rounds} rounds of ${seconds} s`;
  return `Run of ${startedAt.slice(0, 10)}: ${cpuCount} × ${cpu}, Node ${node}, ${pinned}, ${how}.`;
}

function rowOf({ row, main, mainTitle, unit, targets, verdicts }) {
  const cells = COLUMNS.map(([name]) => {
    const target = targets.find((one) => one.name === name);
    const cell = cellOf(target, main);
    return name === 'trunkline' ? `**${cell}**` : cell;
  });
  const marks = verdicts.map(describeVerdict).join('<br>');
  return [row, mainTitle ?? `server µs/${unit}`, ...cells, marks];
}

function cellOf(target, main) {
  if (target === undefined || target.reason !== null) return '–';
  if (target.median === null) return 'failed';
  const value = target.median[main];
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}
