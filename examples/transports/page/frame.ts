import type { Tick } from '../src/generated/ticker.client.js';
import { addressOf, type Reading, type StartReading } from '../src/readers/reading.js';

/** Reads an endless document in an iframe that nobody sees. */
export const readFrame: StartReading = (reading) => {
  const frame = new TickFrame(reading);
  // A page whose iframe does not end is never loaded, unless it was before.
  const open = (): void => void setTimeout(() => frame.open());
  if (document.readyState === 'complete') open();
  else addEventListener('load', open, { once: true });
  return () => {
    removeEventListener('load', open);
    frame.close();
  };
};

/** How often a document is looked for that has not begun. */
const LOOK_MS = 20;

class TickFrame {
  readonly #reading: Reading;
  readonly #observer = new MutationObserver(() => this.#take());
  #after: number | undefined;
  #frame: HTMLIFrameElement | undefined;
  #look: ReturnType<typeof setInterval> | undefined;
  #watchdog: ReturnType<typeof setTimeout> | undefined;

  constructor(reading: Reading) {
    this.#reading = reading;
    this.#after = reading.after;
  }

  open(): void {
    this.close();
    // A new element each time: another address for an old one is a step in the page's history.
    const frame = document.createElement('iframe');
    frame.title = 'Ticks';
    frame.hidden = true;
    frame.src = addressOf('frame', this.#reading, this.#after);
    // Fires when the server ends the document, and not when the connection is lost.
    frame.addEventListener('load', () => this.#openAfter(this.#reading.timing.retryMs));
    document.body.append(frame);
    this.#frame = frame;
    this.#look = setInterval(() => this.#observe(), LOOK_MS);
    this.#stayAwake();
  }

  close(): void {
    clearInterval(this.#look);
    clearTimeout(this.#watchdog);
    this.#observer.disconnect();
    this.#frame?.remove();
    this.#frame = undefined;
  }

  /** Observes the document as soon as it is the server's and no longer the empty one. */
  #observe(): void {
    const { contentDocument: ticks } = this.#frame ?? {};
    if (!ticks?.body || ticks.URL === 'about:blank') return;
    clearInterval(this.#look);
    this.#observer.observe(ticks.body, { childList: true });
    this.#reading.opened();
    this.#take();
  }

  #take(): void {
    this.#stayAwake();
    const paragraphs = this.#frame?.contentDocument?.querySelectorAll('p') ?? [];
    for (const paragraph of paragraphs) {
      const tick = JSON.parse(paragraph.dataset['tick'] ?? '') as Tick;
      this.#after = tick.number;
      this.#reading.read(tick);
      // What is read goes, or the document would grow without end.
      paragraph.remove();
    }
  }

  /** No browser tells a page that a document was cut, so its silence has to. */
  #stayAwake(): void {
    this.#openAfter(this.#reading.timing.watchMs);
  }

  #openAfter(ms: number): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.open(), ms);
  }
}
