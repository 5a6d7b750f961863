import { call, contract, stream, topic } from '@trunkline/contract';
import * as z from 'zod';
import { MessageText } from './message-text.js';
import { nameSchema } from './name-schema.js';

const DAY_MS = 86_400_000;

const RoomName = nameSchema({
  pattern: /^[\p{L}\p{N}]\p{M}{0,3}([ _-]*[\p{L}\p{N}]\p{M}{0,3})*$/u,
  allowed: 'Letters, digits, blanks, _ and - are fine.',
});

const Room = z
  .object({ name: z.string(), about: z.string() })
  .meta({ id: 'Room', description: 'A room as the list shows it.' });

const Message = z
  .object({ author: z.string(), text: z.string(), sentAt: z.date() })
  .meta({ id: 'Message', description: 'A message as everybody in the room sees it.' });

export const chat = contract('chat', {
  createRoom: call({
    description: 'Opens a room; gives it as the list will show it.',
    input: z.object({ name: RoomName }),
    output: Room,
    errors: {
      NAME_TAKEN: z.object({ name: z.string() }),
      TOO_MANY_ROOMS: z.object({ max: z.int() }),
      TOO_MANY_OF_YOURS: z.object({ max: z.int() }),
    },
  }),
  post: call({
    description: 'Posts a message to everybody who is in the room.',
    input: z.object({ room: z.string(), text: MessageText }),
    errors: {
      ROOM_CLOSED: z.object({ room: z.string(), closedAt: z.date() }),
      TOO_FAST: z.object({ waitMs: z.int().describe('How long to wait before the next one.') }),
    },
  }),
  people: stream({
    description:
      'Who is in a room, anew at each change. Who reads it is in the room until it ends.',
    input: z.object({ room: z.string() }),
    down: z.array(z.string()),
  }),
  messages: topic({
    description: 'Every message of a room. How many are kept is a limit of the server.',
    params: z.object({ room: z.string() }),
    message: Message,
    keep: { ageMs: DAY_MS },
  }),
  rooms: topic({
    description: 'All rooms, anew at each change; `last: 1` gives how they are now.',
    message: z.array(Room),
    // For everybody whom the guards let pass.
    public: true,
    // The list of now must not grow too old to be kept.
    keep: { count: 1, ageMs: Number.MAX_SAFE_INTEGER },
  }),
});
