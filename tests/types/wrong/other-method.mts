import { someMessage } from '../app.mjs';
import { ChatService } from '../chat.server.mjs';

export class ChatController {
  @ChatService.history()
  post() {
    return [someMessage];
  }
}
