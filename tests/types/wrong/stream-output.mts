import { ChatService } from '../chat.server.mjs';

export class ChatController {
  @ChatService.answer()
  async *answer() {
    yield 'no';
    return 'two';
  }
}
