import { ChatService, type TypingParams } from '../chat.server.mjs';

export class ChatController {
  @ChatService.typing.authorizePublish()
  mayType({ room }: TypingParams) {
    return room;
  }
}
