import type { Presence } from './presence.js';
import type { Rooms } from './rooms.js';

/** What is needed to take rooms away. */
export interface EmptyRoomsOptions {
  readonly rooms: Rooms;
  readonly presence: Presence;
  /** How long a room may be empty. */
  readonly afterMs: number;
  /** Told when there are fewer rooms. */
  readonly changed: () => unknown;
}

/** Takes rooms away that people have opened, and in which nobody has been for a while. */
export class EmptyRooms {
  readonly #options: EmptyRoomsOptions;
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(options: EmptyRoomsOptions) {
    this.#options = options;
  }

  /** Looks at a room in a while: it was opened, or somebody has left it. */
  lookLater(room: string): void {
    clearTimeout(this.#timers.get(room));
    const timer = setTimeout(() => this.#look(room), this.#options.afterMs);
    // The program must be able to end.
    this.#timers.set(room, timer.unref());
  }

  #look(room: string): void {
    const { rooms, presence, changed } = this.#options;
    this.#timers.delete(room);
    // Whoever is there now has it looked at again on leaving.
    if (presence.isEmpty(room) && rooms.remove(room)) changed();
  }
}
