/** Which columns hold numbers, which stand at the right. */
export interface MarkdownTableOptions {
  readonly isNumber: (column: number) => boolean;
}

/** Writes a table in Markdown that can be read as it stands; the first row is its head. */
export function markdownTable(
  rows: readonly (readonly string[])[],
  { isNumber }: MarkdownTableOptions,
): string {
  const [head = []] = rows;
  const widths = head.map((_, column) => {
    return Math.max(...rows.map((row) => (row[column] ?? '').length));
  });
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
