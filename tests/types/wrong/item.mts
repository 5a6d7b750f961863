import { ChatService } from '../generated/chat.server.js';

export class ChatController {
  @ChatService.history()
  async *history() {
    yield { id: 'a', room: 'lobby', text: 'hello' };
  }
}
