import { ChatService } from '../chat.server.mjs';

export class ChatController {
  @ChatService.history()
  async *history() {
    yield { id: 'a', room: 'lobby', text: 'hello' };
  }
}
