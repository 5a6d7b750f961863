import { ChatService } from '../chat.server.mjs';

export class ChatController {
  @ChatService.messages.authorize()
  mayRead(params: { roomId: string }) {
    return params.roomId === 'lobby';
  }
}
