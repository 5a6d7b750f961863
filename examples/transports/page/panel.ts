import type { Traffic } from '../src/traffic.js';
import { TickReader, type TickRange } from '../src/tick-reader.js';
import { TITLES, type TransportName } from '../src/transports.js';
import { countText, millisecondsText, verdictOf } from '../src/verdict.js';
import { DelayBars } from './delay-bars.js';
import { find } from './find.js';

/** What can be done to the readers. */
export type Disturbance = 'late' | 'cut';

const HOW: Readonly<Record<TransportName, string>> = {
  interval: 'Asks every 400 ms, whether or not the last answer has come.',
  chained: 'Asks 400 ms after the last answer has come.',
  long: 'Asks at once; the server answers when it has a tick. Holds a connection of the six.',
  frame: 'A document without end, read while it grows. Holds a connection of the six.',
  events: 'An answer without end, read by EventSource. Holds a connection of the six.',
  trunkline: 'A topic on one WebSocket, which is none of the six connections.',
};

/** The panel of one transport: a reader, and the figures of it. */
export class Panel {
  readonly reader = new TickReader();
  readonly #root: HTMLElement;
  readonly #newest: HTMLElement;
  readonly #bars: DelayBars;
  readonly #ranges = new Map<Disturbance, TickRange>();

  constructor(transport: TransportName, template: HTMLTemplateElement) {
    const content = document.importNode(template.content, true);
    this.#root = find('article', HTMLElement, content);
    this.#root.id = transport;
    const title = find('h2', HTMLElement, content);
    title.id = `${transport}-title`;
    title.textContent = TITLES[transport];
    this.#root.setAttribute('aria-labelledby', title.id);
    find('.how', HTMLElement, content).textContent = HOW[transport];
    this.#newest = find('.newest', HTMLElement, content);
    this.#bars = new DelayBars(find('svg', SVGSVGElement, content));
    find('#panels', HTMLElement).append(content);
  }

  /** Shows from now on what the reader saw of these ticks. */
  judge(disturbance: Disturbance, range: TickRange): void {
    this.#ranges.set(disturbance, range);
  }

  /** Shows what the reader has seen up to now. */
  draw(): void {
    const { newest } = this.reader;
    if (newest === undefined) return;
    const figures = this.reader.figures();
    this.#newest.textContent = countText(newest);
    this.#bars.draw(this.reader);
    this.#write('ticks', countText(figures.ticks));
    this.#write('median', millisecondsText(figures.medianMs));
    this.#write('most', millisecondsText(figures.maxMs));
    this.#write('lost', countText(figures.lost));
    this.#write('doubled', countText(figures.doubled));
    this.#write('outOfOrder', countText(figures.outOfOrder));
    for (const [disturbance, { from, to }] of this.#ranges) {
      const hasSome = newest >= from;
      // What has not come yet is not lost.
      const seen = this.reader.figures({ from, to: Math.min(to, newest) });
      this.#write(disturbance, hasSome ? verdictOf(seen) : 'nothing has come since');
    }
  }

  /** Shows what the transport has cost. */
  drawTraffic({ requests, up, down }: Traffic): void {
    this.#write('requests', countText(requests));
    this.#write('up', countText(up));
    this.#write('down', countText(down));
  }

  #write(figure: string, text: string): void {
    find(`[data-figure="${figure}"]`, HTMLElement, this.#root).textContent = text;
  }
}
