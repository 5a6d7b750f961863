import { call, contract, stream, topic } from '@trunkline/contract';
import * as z from 'zod';

/** How the handler of `work` ends. */
export const ACTS = ['value', 'declared', 'passed', 'thrown', 'waits'] as const;

/** What the topic keeps that is asked for its history. */
export const KEPT = { count: 30, ageMs: 290_000 };

/** Everything that travels carries the id of the call or publish that it belongs to. */
function simulated<Extra extends z.ZodRawShape>(extra: Extra) {
  const object = <Shape extends z.ZodRawShape>(shape: Shape) =>
    z.object({ ...shape, ...extra }) as unknown as z.ZodObject<Shape>;
  const item = object({ id: z.string(), n: z.int(), filler: z.string() });
  const params = z.object({ room: z.string() });
  const message = object({ id: z.string(), slot: z.int(), filler: z.string() });
  const work = (idempotent = false) =>
    call({
      idempotent,
      input: object({
        id: z.string(),
        act: z.enum(ACTS),
        ms: z.number(),
        listens: z.boolean(),
        padding: z.string(),
        answer: z.int(),
      }),
      output: object({ id: z.string(), padding: z.int(), filler: z.string() }),
      errors: { REFUSED: object({ id: z.string() }) },
    });
  return contract('sim', {
    work: work(),
    once: work(true),
    down: stream({
      input: object({
        id: z.string(),
        count: z.int(),
        bytes: z.int(),
        pauseMs: z.number(),
        fails: z.boolean(),
      }),
      down: item,
    }),
    up: stream({
      input: object({ id: z.string(), take: z.int(), pauseMs: z.number() }),
      up: item,
      output: object({ id: z.string(), count: z.int() }),
    }),
    both: stream({
      input: object({ id: z.string(), take: z.int(), pauseMs: z.number() }),
      up: item,
      down: item,
      output: object({ id: z.string(), count: z.int() }),
    }),
    kept: topic({ params, message, publish: 'client', public: true, keep: KEPT }),
    brief: topic({
      params,
      message,
      publish: 'client',
      public: true,
      keep: { count: 4, ageMs: 3_000 },
    }),
    loose: topic({ params, message, publish: 'client', public: true }),
    newest: topic({
      params,
      message,
      publish: 'client',
      public: true,
      delivery: { latest: 'slot', maxPerSecond: 20 },
      keep: { count: 20 },
    }),
    client: { ask: work() },
  });
}

/** The contract, and the next revision of it, whose layouts are all others. */
export const FIRST = simulated({});
export const SECOND = simulated({ note: z.string().optional() }) as unknown as typeof FIRST;

/** The topics of the contract, and whether they keep anything. */
export const TOPICS = ['kept', 'brief', 'loose', 'newest'] as const;
export type TopicMember = (typeof TOPICS)[number];
