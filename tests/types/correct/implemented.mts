import { implement } from '@trunkline/server';
import { someMessage } from '../app.mjs';
import { chat } from '../chat.contract.js';

export const service = implement(chat, {
  post: async ({ room }, context) => {
    if (room === '') throw context.error('ROOM_CLOSED', { room });
    return { ...someMessage, room };
  },
  leave: () => undefined,
  async *history({ limit }) {
    if (limit > 0) yield someMessage;
  },
  upload: async (_, { items }) => {
    let bytes = 0;
    for await (const chunk of items) bytes += chunk.length;
    return { bytes };
  },
  *answer({ question }) {
    yield question;
    return 1;
  },
  messages: { authorize: ({ room }, { user }) => user.rooms.has(room) },
});
