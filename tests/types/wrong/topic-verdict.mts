import { ChatService, type TypingParams } from '../generated/chat.server.js';

export class ChatController {
  @ChatService.typing.authorizePublish()
  mayType({ room }: TypingParams) {
    return room;
  }
}
