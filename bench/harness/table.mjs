const decimal = (value) =>
  value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
const whole = (value) => Math.round(value).toLocaleString('en');
const times = (value) => (Number.isFinite(value) ? `${value.toFixed(2)}x` : '-');

const ownColumns = (columns) => [
  ['target', ({ label }) => label],
  ...columns.flatMap(([key, title]) => [
    [title, ({ median }) => decimal(median[key])],
    ['vs base', ({ ratio }) => times(ratio?.[key])],
  ]),
  ['spread', ({ spread }) => `${Math.round(spread * 100)}%`],
];

/** @param {string} unit */
const usualColumns = (unit) => [
  ['target', ({ label }) => label],
  [`server us/${unit}`, ({ median }) => decimal(median.serverUs)],
  ['vs base', ({ ratio }) => times(ratio?.serverUs)],
  ['spread', ({ spread }) => `${Math.round(spread * 100)}%`],
  [
    'user + system',
    ({ median }) => `${decimal(median.serverUserUs)} + ${decimal(median.serverSystemUs)}`,
  ],
  [`${unit.replace(/y$/, 'ie')}s/s`, ({ median }) => whole(median.perSecond)],
  ['vs base', ({ ratio }) => times(ratio?.perSecond)],
  ['p50 us', ({ median }) => (median.p50Us > 0 ? decimal(median.p50Us) : '-')],
  ['vs base', ({ ratio }) => times(ratio?.p50Us)],
  ['server busy', ({ median }) => `${Math.round(median.serverBusy * 100)}%`],
  ['bytes up', ({ median }) => median.bytesUp.toFixed(1)],
  ['bytes down', ({ median }) => median.bytesDown.toFixed(1)],
];

/**
 * Writes the table of a scenario for a terminal or as Markdown.
 * @param {readonly import('./summary.mjs').Summary[]} summaries
 * @param {{ unit: string, markdown: boolean, columns?: readonly (readonly [string, string])[] }} options
 */
export function renderTable(summaries, { unit, markdown, columns: own }) {
  const columns = own === undefined ? usualColumns(unit) : ownColumns(own);
  const rows = summaries.map((summary) =>
    columns.map(([, cell], index) => {
      if (summary.median !== null) return cell(summary);
      return index === 0 ? summary.label : index === 1 ? (summary.failure ? 'failed' : '–') : '-';
    }),
  );
  const cells = [columns.map(([title]) => title), ...rows];
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => row[index].length)));
  const lines = cells.map((row) =>
    row.map((cell, index) => (index === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[index]))),
  );
  if (!markdown) return lines.map((line) => line.join('  ')).join('\n');
  const rule = widths.map((width, index) =>
    index === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  const [head, ...body] = lines;
  return [head, rule, ...body].map((line) => `| ${line.join(' | ')} |`).join('\n');
}
