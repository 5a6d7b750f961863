import { someMessage } from '../app.mjs';
import { ChatService } from '../generated/chat.server.js';

export class ChatController {
  @ChatService.post()
  async post() {
    return { ...someMessage, sentAt: someMessage.sentAt.toISOString() };
  }
}
