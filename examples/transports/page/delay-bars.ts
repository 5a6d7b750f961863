import type { TickReader } from '../src/tick-reader.js';

const BARS = 40;
const STEP = 5;
const HEIGHT = 40;
/** As high as the panel is: longer than the server is ever late. */
const FULL_MS = 4_000;

/** One bar for the delay of each of the last ticks, on a scale of logarithms. */
export class DelayBars {
  readonly #bars: readonly SVGRectElement[];

  constructor(svg: SVGSVGElement) {
    this.#bars = Array.from({ length: BARS }, (_, index) => {
      const bar = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
      bar.setAttribute('x', String(index * STEP));
      bar.setAttribute('width', String(STEP - 1.5));
      return bar;
    });
    svg.append(...this.#bars);
  }

  draw(reader: TickReader): void {
    const delays = reader.latestDelays(BARS);
    for (const [index, ms] of delays.entries()) {
      const share = Math.min(1, Math.log(1 + ms) / Math.log(1 + FULL_MS));
      const height = Math.max(1.5, share * HEIGHT);
      const bar = this.#bars[index + BARS - delays.length];
      bar?.setAttribute('y', String(HEIGHT - height));
      bar?.setAttribute('height', String(height));
    }
  }
}
