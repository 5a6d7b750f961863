/**
 * The medians of one target, and their ratios to the base's medians.
 *
 * `median` is null when the target failed in any round, `ratio` also when the base did.
 * @typedef {object} Summary
 * @property {string} name
 * @property {string} label
 * @property {readonly import('./measure-figure.mjs').Figure[]} figures
 * @property {string | null} failure
 * @property {string | null} reason why it does not take part
 * @property {import('./measure-figure.mjs').Figure | null} median
 * @property {import('./measure-figure.mjs').Figure | null} ratio
 * @property {number} spread of the main figure: (highest - lowest) / median
 */

/**
 * Reduces the figures of all rounds to one summary per target, smallest main figure first.
 * @param {readonly { name: string, label: string, failure: string | null,
 *   figures: readonly import('./measure-figure.mjs').Figure[] }[]} measured
 * @param {string} base the name of the target that ratios are to
 * @param {string} main the figure that counts most
 * @returns {Summary[]}
 */
export function summarize(measured, base, main) {
  const baseMedian = medianOf(measured.find(({ name }) => name === base));
  return measured
    .map((one) => {
      const middle = medianOf(one);
      return {
        ...one,
        median: middle,
        ratio: middle && baseMedian && mapFigure(middle, (value, key) => value / baseMedian[key]),
        spread: middle === null ? 0 : spreadOf(one.figures, middle, main),
      };
    })
    .sort((a, b) => (a.median?.[main] ?? Infinity) - (b.median?.[main] ?? Infinity));
}

/**
 * The middle value; of an even number of values the mean of the middle two.
 * @param {readonly number[]} values at least one
 */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function medianOf(measured) {
  if (measured === undefined || measured.failure !== null || !measured.figures.length) return null;
  const { figures } = measured;
  return mapFigure(figures[0], (_, key) => median(figures.map((figure) => figure[key])));
}

function mapFigure(figure, map) {
  return Object.fromEntries(Object.entries(figure).map(([key, value]) => [key, map(value, key)]));
}

function spreadOf(figures, middle, main) {
  const costs = figures.map((figure) => figure[main]);
  return (Math.max(...costs) - Math.min(...costs)) / middle[main];
}
