import { implement } from '@trunkline/server';
import { someMessage } from '../app.mjs';
import { chat } from '../chat.contract.js';

export const service = implement(chat, {
  post: ({ rom }) => ({ ...someMessage, room: rom }),
  leave: () => 'bye',
  history: () => [{ ...someMessage, sentAt: 0 }],
  upload: () => ({ bytes: 0 }),
  messages: { authorize: ({ roomId }) => roomId === 'lobby' },
});
