import { someMessage } from '../app.mjs';
import { ChatService } from '../chat.server.mjs';

export class ChatController {
  @ChatService.post()
  pots() {
    return someMessage;
  }
}
