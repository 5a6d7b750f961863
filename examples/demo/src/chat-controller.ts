import { setTimeout as wait } from 'node:timers/promises';
import { UseGuards, type AnyContext, type Guard, type TopicContext } from '@trunkline/server';
import './app.js';
import {
  ChatClientCalls,
  ChatService,
  ChatTopics,
  type ChatHandlers,
  type ClearContext,
  type ClearInput,
  type ClearOutput,
  type HistoryInput,
  type MessagesParams,
  type PostContext,
  type PostInput,
  type PostOutput,
  type ReportContext,
  type ReportInput,
  type ReportOutput,
  type UploadContext,
  type UploadInput,
  type UploadOutput,
} from './generated/chat.server.js';
import { MessageStore } from './message-store.js';
import { say } from './story.js';

/** Lets only those in who are signed in. */
class SignedIn implements Guard {
  canActivate(context: AnyContext): boolean {
    return context.principal !== undefined;
  }
}

@ChatService()
@UseGuards(SignedIn)
export class ChatController implements ChatHandlers {
  constructor(
    private readonly topics: ChatTopics,
    private readonly store: MessageStore,
  ) {}

  @ChatService.post()
  async post(input: PostInput, context: PostContext): Promise<PostOutput> {
    const closedAt = this.store.closedAt(input.room);
    if (closedAt !== undefined) throw context.error('ROOM_CLOSED', { room: input.room, closedAt });
    const message = { ...input, author: context.user.name, sentAt: new Date() };
    this.store.add(message);
    await this.topics.messages({ room: input.room }).publish(message);
    return message;
  }

  @ChatService.report()
  async report(input: ReportInput, context: ReportContext): Promise<ReportOutput> {
    try {
      await wait(input.ms, undefined, { signal: context.signal });
    } catch (error) {
      say.server(`report was told to stop: its signal fired`);
      throw error;
    }
    return { messages: this.store.size };
  }

  @ChatService.history()
  *history(input: HistoryInput) {
    yield* this.store.latest(input.room, input.limit);
  }

  @ChatService.upload()
  async upload(input: UploadInput, context: UploadContext): Promise<UploadOutput> {
    let bytes = 0;
    for await (const piece of context.items) bytes += piece.length;
    return { name: input.name, bytes };
  }

  @ChatService.clear()
  async clear({ room }: ClearInput, context: ClearContext): Promise<ClearOutput> {
    const question = `remove ${this.store.count(room)} messages of the ${room}?`;
    const { session, signal } = context;
    const client = new ChatClientCalls(session);
    const answer = await client.confirm.safe({ question }, { deadlineMs: 5_000, signal });
    if (!answer.ok) throw context.error('KEPT', { why: `nobody answered: ${answer.error.code}` });
    if (!answer.value.agreed) throw context.error('KEPT', { why: 'it was not confirmed' });
    return { removed: this.store.clear(room) };
  }

  @ChatService.messages.authorize()
  mayRead(params: MessagesParams, context: TopicContext): boolean {
    return context.user.rooms.has(params.room);
  }
}
