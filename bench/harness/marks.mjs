const OURS = 'trunkline';

/**
 * Says of each mark of a scenario whether this run meets it.
 * @param {readonly import('./catalog.mjs').Mark[]} marks
 * @param {readonly import('./summary.mjs').Summary[]} summaries
 * @returns {string[]}
 */
export function judgeMarks(marks, summaries) {
  const medianOf = (target) => summaries.find(({ name }) => name === target)?.median ?? null;
  return marks.map(({ of, atMost, to }) => {
    const mark = to === undefined ? `${of} <= ${atMost}` : `${of} <= ${atMost} x ${to}`;
    const ours = medianOf(OURS);
    const other = to === undefined ? { [of]: 1 } : medianOf(to);
    if (ours === null || other === null) return `mark: ${mark}: not measured`;
    const value = ours[of] / other[of];
    return `mark: ${mark}: ${value <= atMost ? 'met' : 'missed'}, ${value.toPrecision(3)}`;
  });
}

/**
 * Says who does not take part and why, and which limits were raised.
 * @param {readonly import('./summary.mjs').Summary[]} summaries
 * @param {Record<string, Record<string, number>>} [limits]
 */
export function listNotes(summaries, limits = {}) {
  const absent = summaries.filter(({ reason }) => reason !== null);
  return [
    ...absent.map(({ label, reason }) => `${label}: ${reason}`),
    ...Object.entries(limits).map(([target, values]) => {
      const list = Object.entries(values).map(([name, value]) => `${name} ${value}`);
      return `limits set for ${target}: ${list.join(', ')}`;
    }),
  ];
}
