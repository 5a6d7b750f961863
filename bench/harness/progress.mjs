/**
 * Makes what says how long a run will take yet, from how long its figures took so far.
 * @param {number} figures how many there are in all
 */
export function createProgress(figures) {
  const startedAt = performance.now();
  let done = 0;
  return {
    /** @param {number} count figures that are done, or will never be */
    pass: (count) => {
      done += count;
    },
    left: () => {
      const perFigure = (performance.now() - startedAt) / 1000 / Math.max(1, done);
      const seconds = perFigure * (figures - done);
      if (done === 0) return '';
      return seconds < 90
        ? `${Math.round(seconds)} s left`
        : `${Math.round(seconds / 60)} min left`;
    },
  };
}
