import { call, contract, stream, topic } from '@trunkline/contract';
import * as z from 'zod';

export const Message = z
  .object({
    room: z.string(),
    author: z.string(),
    text: z.string().max(2000),
    sentAt: z.date(),
  })
  .meta({ id: 'Message', description: 'A message as everybody in the room sees it.' });

export const chat = contract('chat', {
  post: call({
    description: 'Posts a message to a room, and tells everybody who is in it.',
    input: z.object({ room: z.string().min(1), text: z.string().min(1).max(2000) }),
    output: Message,
    errors: { ROOM_CLOSED: z.object({ room: z.string(), closedAt: z.date() }) },
  }),
  report: call({
    description: 'Counts all messages, slowly.',
    input: z.object({ ms: z.int().min(0) }),
    output: z.object({ messages: z.int() }),
  }),
  history: stream({
    description: 'Streams the newest messages of a room, oldest first.',
    input: z.object({ room: z.string(), limit: z.int().min(1).max(1000) }),
    down: Message,
  }),
  upload: stream({
    description: 'Takes a file in pieces and says how large it is.',
    input: z.object({ name: z.string() }),
    up: z.instanceof(Uint8Array),
    output: z.object({ name: z.string(), bytes: z.int() }),
  }),
  clear: call({
    description: 'Removes the messages of a room, if who asks for it confirms that.',
    input: z.object({ room: z.string() }),
    output: z.object({ removed: z.int() }),
    errors: { KEPT: z.object({ why: z.string() }) },
  }),
  client: {
    confirm: call({
      description: 'Asks the person who sits there.',
      input: z.object({ question: z.string() }),
      output: z.object({ agreed: z.boolean() }),
    }),
  },
  messages: topic({
    description: 'Every message of a room, as it is posted.',
    params: z.object({ room: z.string() }),
    message: Message,
    keep: { count: 100, ageMs: 60_000 },
  }),
});
