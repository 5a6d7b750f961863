import { Context, Input, Items, Params, Principal, Session, Signal, User } from '@trunkline/server';
import { someMessage } from '../app.mjs';
import {
  ChatService,
  type HistoryInput,
  type PostContext,
  type PostInput,
} from '../generated/chat.server.js';

@ChatService()
export class InjectedController {
  @ChatService.post.injected()
  async post(
    @Context() context: PostContext,
    @Input() { room }: PostInput,
    @User() user: User,
    @Signal() signal: AbortSignal,
  ) {
    signal.throwIfAborted();
    if (user.rooms.has(room)) return someMessage;
    throw context.error('ROOM_CLOSED', { room });
  }

  @ChatService.leave.injected()
  leave(@Principal() principal: string | undefined, @Session() session: { readonly id: string }) {
    if (principal === session.id) throw new Error('no');
  }

  @ChatService.history.injected()
  async *history(@Input() input: HistoryInput) {
    yield { ...someMessage, room: input.room };
  }

  @ChatService.upload.injected()
  async upload(@Items() items: AsyncIterable<Uint8Array>) {
    let bytes = 0;
    for await (const chunk of items) bytes += chunk.length;
    return { bytes };
  }

  @ChatService.answer()
  async *answer() {
    yield 'mixed with the direct form';
    return 4;
  }

  @ChatService.messages.authorize.injected()
  mayRead(@User() user: User, @Params() params: { room: string }) {
    return user.rooms.has(params.room);
  }
}
