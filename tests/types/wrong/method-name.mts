import { someMessage } from '../app.mjs';
import { ChatService } from '../generated/chat.server.js';

export class ChatController {
  @ChatService.post()
  pots() {
    return someMessage;
  }
}
