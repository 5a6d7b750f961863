import { someMessage } from '../app.mjs';
import { ChatService } from '../chat.server.mjs';

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
