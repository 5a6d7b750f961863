import { Params } from '@trunkline/server';
import { ChatService, type MessagesParams } from '../chat.server.mjs';

export class ChatController {
  @ChatService.messages.authorize.injected()
  async mayRead(@Params() { room }: MessagesParams) {
    return room;
  }
}
