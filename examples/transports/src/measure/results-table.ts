import { timingOf } from '../timing.js';
import { TITLES } from '../transports.js';
import { countText, millisecondsText, verdictOf } from '../verdict.js';
import type { Results, TransportResult } from './results.js';

type Column = readonly [title: string, cell: (result: TransportResult) => string];

const COLUMNS: readonly Column[] = [
  ['transport', ({ transport }) => TITLES[transport]],
  ['requests', ({ traffic }) => countText(traffic.requests)],
  ['bytes up', ({ traffic }) => countText(traffic.up)],
  ['bytes down', ({ traffic }) => countText(traffic.down)],
  ['delay, median', ({ phases }) => millisecondsText(phases.steady.medianMs)],
  ['delay, longest', ({ phases }) => millisecondsText(phases.steady.maxMs)],
  ['server late', ({ phases }) => verdictOf(phases.late)],
  ['network cut', ({ phases }) => verdictOf(phases.cut)],
];

/** Says under which conditions results were measured. */
export function conditionsOf({ ticks, seconds, tickMs, delayMs }: Results): string {
  const { silenceMs, lateMs, cutMs } = timingOf(tickMs);
  return [
    `${ticks} ticks in ${seconds.toFixed(0)} s: one each ${tickMs} ms, 20 of them at once and then`,
    `none for ${silenceMs} ms; the server late for ${lateMs} ms, the network cut for ${cutMs} ms;`,
    `every byte ${delayMs} ms on its way`,
  ].join('\n');
}

/** Writes results as a table, in Markdown that can be read as it stands. */
export function tableOf({ transports }: Results): string {
  const rows = [
    COLUMNS.map(([title]) => title),
    ...transports.map((result) => COLUMNS.map(([, cell]) => cell(result))),
  ];
  const widths = COLUMNS.map((_, column) => {
    return Math.max(...rows.map((row) => (row[column] ?? '').length));
  });
  const isNumber = (column: number): boolean => column > 0 && column < COLUMNS.length - 2;
  const lines = rows.map((row) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return isNumber(column) ? cell.padStart(width) : cell.padEnd(width);
    });
    return `| ${cells.join(' | ')} |`;
  });
  const rule = widths.map((width, column) => {
    return isNumber(column) ? `${'-'.repeat(width + 1)}:` : '-'.repeat(width + 2);
  });
  lines.splice(1, 0, `|${rule.join('|')}|`);
  return lines.join('\n');
}
