import { TrunklineError } from '@trunkline/protocol';
import { implement } from '@trunkline/server';
import { chat } from './chat.js';
import { createDeferred, type Deferred } from './deferred.js';

/** What the handlers of `chatService` have seen, for tests to look at and to steer. */
export interface ChatProbe {
  /** How often a handler of `wait` has started. */
  started: number;
  /** Signals that the handlers of `wait` were given. */
  readonly signals: AbortSignal[];
  /** What `wait` answers, when a test settles it. */
  answer: Deferred<string>;
  /** Generators of `count` that have run to their `finally`. */
  finished: number;
  /** Items that `count` has produced. */
  produced: number;
}

export function createProbe(): ChatProbe {
  return { started: 0, signals: [], answer: createDeferred<string>(), finished: 0, produced: 0 };
}

/** Implements the test contract without decorators. */
export function chatService(probe: ChatProbe = createProbe()) {
  return implement(chat, {
    post: (input, context) => {
      if (input.room === 'attic') {
        throw context.error('ROOM_CLOSED', { room: input.room, closedAt: new Date(0) });
      }
      // A column that the contract does not have must not leave the server.
      return { ...input, sentAt: new Date(1_000), secret: 'column' };
    },
    wait: (_input, context) => {
      probe.started++;
      probe.signals.push(context.signal);
      return probe.answer.promise;
    },
    echo: (value) => value,
    blob: (bytes) => bytes,
    broken: () => 'canary-in-output' as unknown as number,
    async *count({ to }) {
      try {
        for (let n = 0; n < to; n++) {
          probe.produced++;
          yield n;
        }
      } finally {
        probe.finished++;
      }
    },
    async sum(_input, { items }) {
      let total = 0;
      for await (const n of items) {
        if (n < 0) throw new TrunklineError('DENIED', 'negative');
        total += n;
        if (total > 1_000) break;
      }
      return total;
    },
    async *double(_input, { items }) {
      let count = 0;
      for await (const n of items) {
        count++;
        yield n * 2;
      }
      return { items: count };
    },
    board: { authorizePublish: ({ id }) => id !== 13 },
  });
}
