import { call, contract, topic } from '@trunkline/contract';
import * as z from 'zod';

const LARGE_BYTES = 4_194_304;
const Held = z.object({ name: z.string() });

/** What a server offers that can be moved and keeps no sessions, as it was when clients were generated. */
export const rig = contract('rig', {
  where: call({ description: 'Says which server answers, from 1.', output: z.int() }),
  hold: call({
    description: 'Answers when it is released, with how often its handler has started.',
    input: Held,
    output: z.int(),
  }),
  holdOnce: call({
    description: 'Does the same, and may be tried again.',
    input: Held,
    output: z.int(),
    idempotent: true,
  }),
  holding: call({
    description: 'Answers when the handler of that name has started.',
    input: Held,
    output: z.null(),
  }),
  release: call({
    description: 'Lets what is held under a name, and what will be, answer.',
    input: Held,
    output: z.null(),
  }),
  move: call({
    description: 'Puts another server in the place of this one, which drains.',
    output: z.null(),
  }),
  mirror: call({
    description: 'Answers with its input.',
    input: z.instanceof(Uint8Array),
    output: z.instanceof(Uint8Array),
    maxInputBytes: LARGE_BYTES,
    maxOutputBytes: LARGE_BYTES,
  }),
  paint: call({
    description: 'Says how many coats a color takes; servers of today say more.',
    input: z.object({ color: z.string() }),
    output: z.object({ coats: z.int() }),
  }),
  news: topic({
    description: 'Numbers, by clients.',
    params: z.object({ room: z.string() }),
    message: z.int(),
    keep: { count: 1_000 },
    publish: 'client',
  }),
});
