import type * as z from 'zod';
import type { Message as MessageSchema } from './chat.contract.js';

type Message = z.output<typeof MessageSchema>;

/** Messages in memory, where a real application has its database. */
export class MessageStore {
  readonly #messages: Message[] = [];
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

  *latest(room: string, limit: number): Generator<Message> {
    yield* this.#messages.filter((message) => message.room === room).slice(-limit);
  }
}
