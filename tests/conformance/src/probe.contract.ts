import { call, contract, stream, topic } from '@trunkline/contract';
import * as z from 'zod';

const Note = z.object({ text: z.string().max(2000) });

/** What a server offers so that it can be tested; README.md beside it says it in words. */
export const probe = contract('probe', {
  echo: call({
    description: 'Answers with its input.',
    input: z.object({ text: z.string().max(100_000) }),
    output: z.object({ text: z.string() }),
  }),
  kinds: call({
    description: 'Answers with its input, which has one of each kind of value.',
    input: z.object({
      at: z.date(),
      big: z.bigint(),
      bytes: z.instanceof(Uint8Array),
      tags: z.set(z.string()),
      counts: z.map(z.string(), z.int()),
      nothing: z.undefined(),
    }),
    output: z.object({
      at: z.date(),
      big: z.bigint(),
      bytes: z.instanceof(Uint8Array),
      tags: z.set(z.string()),
      counts: z.map(z.string(), z.int()),
      nothing: z.undefined(),
    }),
  }),
  fail: call({
    description: 'Fails with the error that it declares.',
    input: z.object({ why: z.string() }),
    output: z.null(),
    errors: { REFUSED: z.object({ why: z.string() }) },
  }),
  crash: call({ description: 'Fails with an error that it does not declare.', output: z.null() }),
  wait: call({ description: 'Never answers, until it is cancelled.', output: z.null() }),
  denied: call({ description: 'Is denied to everybody.', output: z.null() }),
  count: stream({
    description: 'Sends the numbers from 0 up to the input, that one not included.',
    input: z.object({ to: z.int().min(0) }),
    down: z.int(),
  }),
  sum: stream({
    description: 'Adds up what it is sent, one item after the other.',
    up: z.int(),
    output: z.object({ items: z.int(), sum: z.int() }),
  }),
  double: stream({
    description: 'Answers each item with twice its value.',
    up: z.int(),
    down: z.int(),
  }),
  ask: call({
    description: 'Asks the client that calls it by `confirm`, and tells what came of that.',
    input: z.object({ text: z.string() }),
    output: z.object({ agreed: z.boolean() }),
    errors: { REFUSED: z.object({ why: z.string() }) },
  }),
  client: {
    confirm: call({
      description: 'Agrees, or not.',
      input: z.object({ text: z.string() }),
      output: z.object({ agreed: z.boolean() }),
    }),
  },
  announce: call({
    description: 'Publishes a note to a room from the server.',
    input: z.object({ room: z.string(), text: z.string() }),
    output: z.null(),
  }),
  notes: topic({
    description: 'What is said in a room, by clients and by the server.',
    params: z.object({ room: z.string() }),
    message: Note,
    keep: { count: 10 },
    publish: 'client',
  }),
  board: call({
    description: 'What the changes of a room have led to.',
    input: z.object({ room: z.string() }),
    output: z.object({ texts: z.array(z.string()) }),
  }),
  changes: topic({
    description: 'What is new on the board of a room.',
    params: z.object({ room: z.string() }),
    message: Note,
    snapshot: 'board',
  }),
  secrets: topic({
    description: 'Is denied to everybody.',
    params: z.object({ room: z.string() }),
    message: Note,
  }),
});
