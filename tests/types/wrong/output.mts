import { someMessage } from '../app.mjs';
import { ChatService } from '../chat.server.mjs';

export class ChatController {
  @ChatService.post()
  async post() {
    return { ...someMessage, sentAt: someMessage.sentAt.toISOString() };
  }
}
