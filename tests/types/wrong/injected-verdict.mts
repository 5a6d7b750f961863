import { Params } from '@trunkline/server';
import { ChatService, type MessagesParams } from '../generated/chat.server.js';

export class ChatController {
  @ChatService.messages.authorize.injected()
  async mayRead(@Params() { room }: MessagesParams) {
    return room;
  }
}
