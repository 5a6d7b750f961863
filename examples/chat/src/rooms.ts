/** A room of the server. */
export interface ChatRoom {
  readonly name: string;
  readonly about: string;
  /** Since when nobody may post there any more. */
  readonly closedAt?: Date;
  /** The id of the person who has opened it; the first rooms belong to nobody. */
  readonly openedBy?: string;
}

/** How many rooms there may be. */
export const MAX_ROOMS = 40;
/** How many of them one person may have opened. */
export const MAX_OWN_ROOMS = 3;

const FIRST_ROOMS: readonly ChatRoom[] = [
  { name: 'lobby', about: 'Where everybody comes in.' },
  { name: 'garden', about: 'Quiet talk among the green.' },
  {
    name: 'attic',
    about: 'Old things. Nothing new is taken.',
    closedAt: new Date('2026-01-01T12:00:00Z'),
  },
];

/** The rooms that there are, in memory, where a real application has its database. */
export class Rooms {
  readonly #rooms = new Map(FIRST_ROOMS.map((room) => [keyOf(room.name), room]));

  /** All rooms, as the list shows them. */
  get list(): Pick<ChatRoom, 'name' | 'about'>[] {
    return [...this.#rooms.values()].map(({ name, about }) => ({ name, about }));
  }

  get isFull(): boolean {
    return this.#rooms.size >= MAX_ROOMS;
  }

  /** Counts the rooms that a person has opened. */
  countOf(id: string): number {
    return [...this.#rooms.values()].filter(({ openedBy }) => openedBy === id).length;
  }

  /** Finds a room by its exact name. */
  find(name: string): ChatRoom | undefined {
    const room = this.#rooms.get(keyOf(name));
    return room?.name === name ? room : undefined;
  }

  /** Whether a room has this name, in capitals or not. */
  has(name: string): boolean {
    return this.#rooms.has(keyOf(name));
  }

  add(room: ChatRoom): void {
    this.#rooms.set(keyOf(room.name), room);
  }

  /** Takes a room away that a person has opened; `false` when there is no such room. */
  remove(name: string): boolean {
    return this.find(name)?.openedBy !== undefined && this.#rooms.delete(keyOf(name));
  }
}

function keyOf(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}
