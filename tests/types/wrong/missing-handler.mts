import { someMessage } from '../app.mjs';
import { ChatService } from '../generated/chat.server.js';

@ChatService()
export class ChatController {
  @ChatService.post()
  post() {
    return someMessage;
  }

  @ChatService.leave()
  leave() {}

  @ChatService.upload()
  upload() {
    return { bytes: 0 };
  }

  @ChatService.answer()
  *answer() {
    yield 'no';
    return 2;
  }
}
