import { ChatService, type PostContext, type PostInput } from '../generated/chat.server.js';

export class ChatController {
  @ChatService.post()
  post({ room }: PostInput, context: PostContext): never {
    throw context.error('ROOM_SHUT', { room });
  }
}
