import { ChatService, type PostContext, type PostInput } from '../generated/chat.server.js';

export class ChatController {
  @ChatService.post()
  post(_input: PostInput, context: PostContext): never {
    throw context.error('ROOM_CLOSED', { rom: 1 });
  }
}
