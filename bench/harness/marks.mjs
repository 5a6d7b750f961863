const OURS = 'trunkline';

const NAMES = { 'ws-json-zod': 'base', 'ws-echo': 'raw ws' };
const FIGURES = { p50Us: 'p50', bytesUp: 'bytes up', bytesDown: 'bytes down' };

/**
 * What came of a mark: the value that it bounds, `null` where it was not measured.
 * @typedef {import('./catalog.mjs').Mark & { value: number | null, isMet: boolean }} Verdict
 */

/**
 * Says of each mark of a scenario whether this run meets it.
 * @param {readonly import('./catalog.mjs').Mark[]} marks
 * @param {readonly import('./summary.mjs').Summary[]} summaries
 * @returns {Verdict[]}
 */
export function judgeMarks(marks, summaries) {
  const medianOf = (target) => summaries.find(({ name }) => name === target)?.median ?? null;
  return marks.map((mark) => {
    const { of, atMost, to } = mark;
    const ours = medianOf(OURS);
    const other = to === undefined ? { [of]: 1 } : medianOf(to);
    if (ours === null || other === null) return { ...mark, value: null, isMet: false };
    const value = ours[of] / other[of];
    return { ...mark, value, isMet: value <= atMost };
  });
}

/**
 * Writes a mark and what came of it, such as `≤ 0.25 × base: 0.21, met`.
 * @param {Verdict} verdict
 */
export function describeVerdict({ of, atMost, to, value, isMet }) {
  const figure = of in FIGURES ? `${FIGURES[of]} ` : '';
  const bound = `${figure}≤ ${atMost.toLocaleString('en')}${to ? ` × ${NAMES[to]}` : ''}`;
  if (value === null) return `${bound}: not measured`;
  const shown = value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
  return `${bound}: ${shown}, ${isMet ? 'met' : 'missed'}`;
}
