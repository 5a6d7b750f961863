import { ChatService, type PostContext, type PostInput } from '../chat.server.mjs';

export class ChatController {
  @ChatService.post()
  post({ room }: PostInput, context: PostContext): never {
    throw context.error('ROOM_SHUT', { room });
  }
}
