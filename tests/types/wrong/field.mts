import { UseGuards } from '@trunkline/server';
import { someMessage } from '../app.mjs';
import { ChatService } from '../generated/chat.server.js';

export class ChatController {
  @ChatService.post()
  post = () => someMessage;

  @UseGuards(() => true)
  leave = () => undefined;

  @UseGuards(() => true)
  get isOpen() {
    return true;
  }
}
