import { call, contract, stream, topic } from '@trunkline/contract';
import * as z from 'zod';

const Message = z.object({ room: z.string(), text: z.string().max(2000), sentAt: z.date() });

/** A contract with one member of every kind, for tests across packages. */
export const chat = contract('chat', {
  post: call({
    input: z.object({ room: z.string(), text: z.string().min(1).max(100) }),
    output: Message,
    errors: { ROOM_CLOSED: z.object({ room: z.string(), closedAt: z.date() }) },
  }),
  wait: call({ output: z.string() }),
  echo: call({ input: z.unknown(), output: z.unknown() }),
  blob: call({ input: z.instanceof(Uint8Array), output: z.instanceof(Uint8Array) }),
  broken: call({ output: z.int() }),
  count: stream({ input: z.object({ to: z.int() }), down: z.int() }),
  sum: stream({ up: z.int().max(1_000_000), output: z.int() }),
  double: stream({ up: z.int(), down: z.int(), output: z.object({ items: z.int() }) }),
  messages: topic({
    params: z.object({ room: z.string() }),
    message: Message,
    public: true,
    keep: { count: 10 },
  }),
  ticks: topic({ message: z.int(), public: true }),
  board: topic({
    params: z.object({ id: z.int() }),
    message: z.string().max(10),
    publish: 'client',
    public: true,
    keep: { count: 10 },
  }),
});
