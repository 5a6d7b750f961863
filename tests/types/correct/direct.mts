import { UseErrorMappers, UseGuards, UseInterceptors, type TopicContext } from '@trunkline/server';
import { someMessage } from '../app.mjs';
import {
  ChatService,
  type AnswerInput,
  type ChatHandlers,
  type HistoryInput,
  type HistoryDown,
  type MessagesParams,
  type PostContext,
  type PostInput,
  type PostOutput,
  type UploadContext,
  type UploadInput,
  type UploadOutput,
} from '../generated/chat.server.js';

class SignedIn {
  canActivate(): boolean {
    return true;
  }
}

@ChatService()
@UseGuards(SignedIn, () => true, { canActivate: async () => true })
@UseInterceptors((_, next) => next())
export class ChatController implements ChatHandlers {
  @ChatService.post()
  @UseErrorMappers(() => undefined)
  async post(input: PostInput, context: PostContext): Promise<PostOutput> {
    if (input.text === '') throw context.error('ROOM_CLOSED', { room: input.room });
    return { ...someMessage, text: context.user.name };
  }

  @ChatService.leave()
  leave() {}

  @UseGuards(SignedIn)
  @ChatService.history()
  async *history(input: HistoryInput): AsyncGenerator<HistoryDown> {
    yield { ...someMessage, room: input.room };
  }

  @ChatService.upload()
  async upload(_input: UploadInput, context: UploadContext): Promise<UploadOutput> {
    let bytes = 0;
    for await (const chunk of context.items) bytes += chunk.length;
    return { bytes };
  }

  @ChatService.answer()
  async *answer({ question }: AnswerInput) {
    yield question;
    return question.length;
  }

  @ChatService.messages.authorize()
  mayRead(params: MessagesParams, context: TopicContext): boolean {
    return context.user.rooms.has(params.room);
  }

  @ChatService.typing.authorize()
  @ChatService.typing.authorizePublish()
  async mayType({ room }: { room: string }) {
    return room !== '';
  }
}

@ChatService()
export class SynchronousController {
  @ChatService.post()
  post() {
    return someMessage;
  }

  @ChatService.leave()
  async leave() {
    return undefined;
  }

  @ChatService.history()
  history({ limit }: { limit: number }) {
    return [someMessage].slice(limit);
  }

  @ChatService.upload()
  upload() {
    return { bytes: 0 };
  }

  @ChatService.answer()
  *answer() {
    yield 'no';
    return 2;
  }
}
