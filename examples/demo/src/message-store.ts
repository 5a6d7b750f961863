import type * as z from 'zod';
import type { Message as MessageSchema } from './chat.contract.js';

type Message = z.output<typeof MessageSchema>;

/** Messages in memory, where a real application has its database. */
export class MessageStore {
  #messages: Message[] = [];
  readonly #closed = new Map([['attic', new Date('2026-01-01T00:00:00Z')]]);

  get size(): number {
    return this.#messages.length;
  }

  closedAt(room: string): Date | undefined {
    return this.#closed.get(room);
  }

  add(message: Message): void {
    this.#messages.push(message);
  }

  count(room: string): number {
    return this.#messages.filter((message) => message.room === room).length;
  }

  /** Removes the messages of a room, and tells how many there were. */
  clear(room: string): number {
    const removed = this.count(room);
    this.#messages = this.#messages.filter((message) => message.room !== room);
    return removed;
  }

  *latest(room: string, limit: number): Generator<Message> {
    yield* this.#messages.filter((message) => message.room === room).slice(-limit);
  }
}
