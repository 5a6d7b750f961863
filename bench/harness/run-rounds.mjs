import { loadScenario, loadTarget } from './catalog.mjs';
import { measureFigure } from './measure-figure.mjs';

/**
 * Measures every target once per round of a scenario, each round starting with another one.
 *
 * A target that fails is not tried again; the others go on.
 *
 * @param {import('./options.mjs').Options & { scenario: string }} options
 * @param {{ pinning: import('./cpus.mjs').Pinning, report: (line: string) => void,
 *   progress: ReturnType<typeof import('./progress.mjs').createProgress> }} tools
 */
export async function runRounds(options, { pinning, report, progress }) {
  const { targets, rounds, scenario, seconds, warmup } = options;
  const { limitMs, cannot, columns, measure = measureFigure } = await loadScenario(scenario);
  const measured = new Map();
  for (const name of targets) {
    const { label, cannot: lacks } = await loadTarget(name);
    const reason = cannot?.[name] ?? lacks?.[scenario] ?? null;
    measured.set(name, { name, label, failure: null, reason, figures: [] });
  }
  for (let round = 0; round < rounds; round++) {
    for (const target of rotate(targets, round)) {
      const entry = measured.get(target);
      progress.pass(1);
      if (entry.failure !== null || entry.reason !== null) continue;
      const where = `${scenario} ${round + 1}/${rounds}  ${target.padEnd(12)}`;
      try {
        const figure = await measure({ target, scenario, seconds, warmup, pinning, limitMs });
        entry.figures.push(figure);
        report(`${where} ${describeFigure(figure, columns)}  ${progress.left()}`);
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

function describeFigure(figure, columns) {
  if (columns === undefined) {
    return `${figure.serverUs.toFixed(2)} us, ${Math.round(figure.perSecond)}/s`;
  }
  return columns.map(([key, title]) => `${figure[key].toFixed(2)} ${title}`).join(', ');
}
