import { loadTarget } from './catalog.mjs';
import { measureFigure } from './measure-figure.mjs';

/**
 * Measures every target once per round, each round starting with another one.
 *
 * A target that fails is not tried again; the others go on.
 *
 * @param {import('./options.mjs').Options} options
 * @param {{ pinning: import('./cpus.mjs').Pinning, report: (line: string) => void }} tools
 */
export async function runRounds(options, { pinning, report }) {
  const { targets, rounds, scenario, seconds, warmup } = options;
  const measured = new Map();
  for (const name of targets) {
    const { label } = await loadTarget(name);
    measured.set(name, { name, label, failure: null, figures: [] });
  }
  for (let round = 0; round < rounds; round++) {
    for (const target of rotate(targets, round)) {
      const entry = measured.get(target);
      if (entry.failure !== null) continue;
      const where = `round ${round + 1}/${rounds}  ${target.padEnd(12)}`;
      try {
        const figure = await measureFigure({ target, scenario, seconds, warmup, pinning });
        entry.figures.push(figure);
        report(`${where} ${figure.serverUs.toFixed(2)} us, ${Math.round(figure.perSecond)}/s`);
      } catch (error) {
        entry.failure = error.message;
        report(`${where} failed: ${error.message.split('\n', 1)[0]}`);
      }
    }
  }
  return [...measured.values()];
}

function rotate(list, by) {
  const start = by % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}
