import { call, contract, stream, topic } from '@trunkline/contract';
import * as z from 'zod';

const Message = z.object({ id: z.uuid(), room: z.string(), text: z.string(), sentAt: z.date() });

export const chat = contract('chat', {
  post: call({
    input: z.object({ room: z.string(), text: z.string().default('') }),
    output: Message,
    errors: { ROOM_CLOSED: z.object({ room: z.string() }) },
  }),
  leave: call(),
  history: stream({ input: z.object({ room: z.string(), limit: z.int() }), down: Message }),
  upload: stream({
    input: z.object({ room: z.string() }),
    up: z.instanceof(Uint8Array),
    output: z.object({ bytes: z.int() }),
  }),
  answer: stream({ input: z.object({ question: z.string() }), down: z.string(), output: z.int() }),
  messages: topic({ params: z.object({ room: z.string() }), message: Message }),
  typing: topic({
    params: z.object({ room: z.string() }),
    message: z.object({ name: z.string() }),
    publish: 'client',
  }),
});
