import { timingOf } from '../timing.js';
import { TITLES } from '../transports.js';
import { countText, millisecondsText, verdictOf } from '../verdict.js';
import { markdownTable } from './markdown-table.js';
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
  const rows = transports.map((result) => COLUMNS.map(([, cell]) => cell(result)));
  return markdownTable([COLUMNS.map(([title]) => title), ...rows], {
    isNumber: (column) => column > 0 && column < COLUMNS.length - 2,
  });
}

/** Writes what a tick takes as a table. */
export function bytesTableOf({ bytes }: Results): string {
  const rows = bytes.map(({ title, up, down }) => [title, countText(up), countText(down)]);
  return markdownTable([['one tick', 'bytes up', 'bytes down'], ...rows], {
    isNumber: (column) => column > 0,
  });
}
