import { ChatService, type PostContext, type PostInput } from '../chat.server.mjs';

export class ChatController {
  @ChatService.post()
  post(_input: PostInput, context: PostContext): never {
    throw context.error('ROOM_CLOSED', { rom: 1 });
  }
}
