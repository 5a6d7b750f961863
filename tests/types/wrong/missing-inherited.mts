import { someMessage } from '../app.mjs';
import { ChatService } from '../generated/chat.server.js';

abstract class Base<Message> {
  protected abstract readonly message: Message;

  @ChatService.leave()
  leave() {}

  @ChatService.history()
  history() {
    return [someMessage];
  }
}

@ChatService()
export class ChatController extends Base<typeof someMessage> {
  protected readonly message = someMessage;

  @ChatService.post()
  post() {
    return this.message;
  }

  @ChatService.upload()
  upload() {
    return { bytes: 0 };
  }
}
