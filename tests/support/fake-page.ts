import { watchPage, type PageSources } from '../../packages/client/src/page/page-life.js';

type Listener = (event: { readonly persisted?: boolean }) => void;

class FakeTarget {
  readonly #listeners = new Map<string, Set<Listener>>();

  addEventListener(type: string, listener: Listener): void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
  }

  removeEventListener(type: string, listener: Listener): void {
    this.#listeners.get(type)?.delete(listener);
  }

  fire(type: string, event: { readonly persisted?: boolean } = {}): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event);
  }

  get listeners(): number {
    return [...this.#listeners.values()].reduce((sum, { size }) => sum + size, 0);
  }
}

/** A page whose life is in the hands of a test. */
export class FakePage {
  readonly #window = new FakeTarget();
  readonly #document = Object.assign(new FakeTarget(), { visibilityState: 'visible' });

  readonly watch = (owner: Parameters<typeof watchPage>[0]): (() => void) => {
    const sources: PageSources = { window: this.#window, document: this.#document };
    return watchPage(owner, sources);
  };

  /** Those who listen to it. */
  get listeners(): number {
    return this.#window.listeners + this.#document.listeners;
  }

  show(): void {
    this.#document.visibilityState = 'visible';
    this.#document.fire('visibilitychange');
  }

  hide(): void {
    this.#document.visibilityState = 'hidden';
    this.#document.fire('visibilitychange');
  }

  freeze(): void {
    this.#document.fire('freeze');
  }

  resume(): void {
    this.#document.fire('resume');
  }

  /** The browser leaves the page, and keeps it as it is, or does not. */
  leave(persisted: boolean): void {
    this.#window.fire('pagehide', { persisted });
  }

  comeBack(persisted: boolean): void {
    this.#window.fire('pageshow', { persisted });
  }

  online(): void {
    this.#window.fire('online');
  }
}
