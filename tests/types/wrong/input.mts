import { someMessage } from '../app.mjs';
import { ChatService } from '../generated/chat.server.js';

export class ChatController {
  @ChatService.post()
  async post(input: { room: number }) {
    return { ...someMessage, text: input.room.toFixed() };
  }
}
