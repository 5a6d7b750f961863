import { ChatService } from '../generated/chat.server.js';

export class ChatController {
  @ChatService.messages.authorize()
  mayRead(params: { roomId: string }) {
    return params.roomId === 'lobby';
  }
}
