import type { Subscription } from '@trunkline/client';
import type { Room } from '../src/generated/chat.client.js';
import type { Composer } from './composer.js';
import type { Client } from './connect-chat.js';
import type { MessageList } from './message-list.js';
import { openRoom } from './open-room.js';
import { part } from './parts.js';
import type { PeopleList } from './people-list.js';
import type { RoomList } from './room-list.js';

/** What shows a session. */
export interface ChatViews {
  readonly rooms: RoomList;
  readonly messages: MessageList;
  readonly people: PeopleList;
  readonly composer: Composer;
}

/** What a session is made from. */
export interface ChatSessionOptions {
  readonly client: Client;
  readonly views: ChatViews;
  readonly me: string;
  /** The server does not know the reader any more. */
  readonly signedOut: () => void;
}

/** What somebody who is signed in reads: the rooms, the one that is shown, and news of the others. */
export class ChatSession {
  readonly #options: ChatSessionOptions;
  readonly #ending = new AbortController();
  readonly #watched = new Map<string, Subscription>();
  readonly #name = part('room-name', HTMLElement);
  readonly #about = part('room-about', HTMLElement);
  #rooms: readonly Room[] = [];
  #shown = '';
  #leaving = new AbortController();

  constructor(options: ChatSessionOptions) {
    this.#options = options;
    const { client, signedOut } = options;
    const { signal } = this.#ending;
    client.chat.rooms(undefined, { signal }).subscribe({
      snapshot: (rooms) => this.#roomsChanged(rooms),
      message: (rooms) => this.#roomsChanged(rooms),
      state: ({ error }) => {
        if (error?.code === 'UNAUTHENTICATED') signedOut();
      },
    });
  }

  /** Shows a room in place of the one before. */
  show(room: string): void {
    if (room === this.#shown) return;
    this.#shown = room;
    this.#describe();
    this.#options.views.rooms.select(room);
    this.#options.views.composer.show(room);
    this.#open();
  }

  /** Leaves everything. */
  close(): void {
    this.#leaving.abort();
    this.#ending.abort();
    this.#options.views.rooms.show([]);
    this.#options.views.composer.clear();
  }

  /** Joins the room that is shown, once the one before is left. */
  #open(): void {
    this.#leaving.abort();
    this.#leaving = new AbortController();
    openRoom({ ...this.#options, room: this.#shown, signal: this.#leaving.signal });
  }

  #roomsChanged(rooms: readonly Room[]): void {
    const wasMissing = this.#rooms.length > 0 && this.#find(this.#shown) === undefined;
    this.#rooms = rooms;
    this.#options.views.rooms.show(rooms);
    this.#describe();
    for (const room of this.#watched.keys()) if (this.#find(room) === undefined) this.#forget(room);
    for (const { name } of rooms) this.#watch(name);
    if (wasMissing && this.#find(this.#shown) !== undefined) this.#open();
  }

  /** Counts what is said in a room that is not shown. Many topics are still one connection. */
  #watch(room: string): void {
    if (this.#watched.has(room)) return;
    const { client, views } = this.#options;
    const subscription = client.chat.messages({ room }, { signal: this.#ending.signal }).subscribe({
      message: () => views.rooms.countUnread(room),
      state: ({ error }) => {
        // The room is not there any more; there may be another one of that name.
        if (error !== undefined) this.#watched.delete(room);
      },
    });
    this.#watched.set(room, subscription);
  }

  #forget(room: string): void {
    this.#watched.get(room)?.close();
    this.#watched.delete(room);
  }

  #describe(): void {
    this.#name.textContent = this.#shown;
    this.#about.textContent = this.#find(this.#shown)?.about ?? '';
    document.title = `${this.#shown} · Trunkline chat`;
  }

  #find(room: string): Room | undefined {
    return this.#rooms.find(({ name }) => name === room);
  }
}
