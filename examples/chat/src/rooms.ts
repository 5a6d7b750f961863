/** A room of the server. */
export interface ChatRoom {
  readonly name: string;
  readonly about: string;
  /** Since when nobody may post there any more. */
  readonly closedAt?: Date;
}

/** How many rooms there may be. */
export const MAX_ROOMS = 40;

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
}

function keyOf(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}
