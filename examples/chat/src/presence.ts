import { EventEmitter, once } from 'node:events';
import type { Names } from './names.js';

/** A room and the pages in it, counted for each person. */
class Place {
  readonly pages = new Map<string, number>();
  readonly changes = new EventEmitter().setMaxListeners(0);
  version = 0;

  count(id: string, step: 1 | -1): void {
    const pages = (this.pages.get(id) ?? 0) + step;
    if (pages > 0) this.pages.set(id, pages);
    else this.pages.delete(id);
    this.version++;
    this.changes.emit('change');
  }
}

/** Who is in which room: whoever has a page open that reads who is there. */
export class Presence {
  readonly #names: Names;
  readonly #places = new Map<string, Place>();

  constructor(names: Names) {
    this.#names = names;
  }

  isEmpty(room: string): boolean {
    return !this.#places.has(room);
  }

  /**
   * Is in the room until the signal fires or the caller stops, and gives the names of all who are
   * there, whenever they change. A reader that is slow is given the newest names only.
   */
  async *stay(room: string, id: string, signal: AbortSignal): AsyncGenerator<string[]> {
    const place = this.#places.get(room) ?? new Place();
    this.#places.set(room, place);
    const release = this.#names.hold(id);
    place.count(id, 1);
    try {
      for (;;) {
        const { version } = place;
        yield this.#namesIn(place);
        if (version === place.version) await once(place.changes, 'change', { signal });
      }
    } finally {
      place.count(id, -1);
      release();
      if (place.pages.size === 0) this.#places.delete(room);
    }
  }

  #namesIn(place: Place): string[] {
    const names = [...place.pages.keys()].map((id) => this.#names.nameOf(id));
    return names.filter((name) => name !== undefined).toSorted((a, b) => a.localeCompare(b));
  }
}
