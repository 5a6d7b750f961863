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
    idempotent: true,
  }),
  post: call({
    description: 'Posts a message to everybody who is in the room.',
    input: z.object({ room: z.string(), text: MessageText }),
    errors: { ROOM_CLOSED: z.object({ room: z.string(), closedAt: z.date() }) },
    idempotent: true,
    rate: { perSecond: 1, burst: 5 },
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
  roomList: call({
    description: 'Gives all rooms.',
    output: z.array(Room),
  }),
  rooms: topic({
    description: 'All rooms, anew at each change; nobody needs an older list than the newest.',
    message: z.array(Room),
    snapshot: 'roomList',
    delivery: { latest: true },
    // For everybody whom the guards let pass.
    public: true,
  }),
});
