import { someMessage } from '../app.mjs';
import { ChatService } from '../generated/chat.server.js';

abstract class Base {
  abstract leave(): void;
  abstract history(): Iterable<typeof someMessage>;
  abstract upload(): { bytes: number };
  abstract answer(): Generator<string, number, unknown>;
}

@ChatService()
export abstract class ChatController extends Base {
  @ChatService.post()
  protected post() {
    return someMessage;
  }
}
