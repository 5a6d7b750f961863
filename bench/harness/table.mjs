const decimal = (value) =>
  value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
const whole = (value) => Math.round(value).toLocaleString('en');
const times = (value) => (value === undefined ? '-' : `${value.toFixed(2)}x`);

/** @param {string} unit */
const columnsFor = (unit) => [
  ['target', ({ label }) => label],
  [`server us/${unit}`, ({ median }) => decimal(median.serverUs)],
  ['vs base', ({ ratio }) => times(ratio?.serverUs)],
  ['spread', ({ spread }) => `${Math.round(spread * 100)}%`],
  [
    'user + system',
    ({ median }) => `${decimal(median.serverUserUs)} + ${decimal(median.serverSystemUs)}`,
  ],
  [`${unit}s/s`, ({ median }) => whole(median.perSecond)],
  ['vs base', ({ ratio }) => times(ratio?.perSecond)],
  ['p50 us', ({ median }) => decimal(median.p50Us)],
  ['vs base', ({ ratio }) => times(ratio?.p50Us)],
  ['bytes up', ({ median }) => median.bytesUp.toFixed(1)],
  ['bytes down', ({ median }) => median.bytesDown.toFixed(1)],
];

/**
 * Writes the table of a scenario for a terminal or as Markdown.
 * @param {readonly import('./summary.mjs').Summary[]} summaries
 * @param {{ unit: string, markdown: boolean }} options
 */
export function renderTable(summaries, { unit, markdown }) {
  const columns = columnsFor(unit);
  const rows = summaries.map((summary) =>
    columns.map(([, cell], index) => {
      if (summary.median !== null) return cell(summary);
      return index === 0 ? summary.label : index === 1 ? 'failed' : '-';
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
