import { Input } from '@trunkline/server';
import { someMessage } from '../app.mjs';
import { ChatService, type PostInput } from '../generated/chat.server.js';

export class ChatController {
  @ChatService.post.injected()
  async post(@Input() { room }: PostInput) {
    return { ...someMessage, room, sentAt: 0 };
  }
}
