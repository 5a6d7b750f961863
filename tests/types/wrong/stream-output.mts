import { ChatService } from '../generated/chat.server.js';

export class ChatController {
  @ChatService.answer()
  async *answer() {
    yield 'no';
    return 'two';
  }
}
