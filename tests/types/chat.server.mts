import type {
  Handler,
  HandlerContext,
  HandlerDown,
  HandlerInput,
  HandlerOutput,
  HandlerUp,
  ServiceDecorators,
  TopicParams,
} from '@trunkline/server';
import { serviceDecorators } from '@trunkline/server';
import { chat } from './chat.contract.mjs';

type Members = (typeof chat)['members'];

export const ChatService: ServiceDecorators<typeof chat> = serviceDecorators(chat);

export interface ChatHandlers {
  post: Handler<Members['post']>;
  leave: Handler<Members['leave']>;
  history: Handler<Members['history']>;
  upload: Handler<Members['upload']>;
  answer: Handler<Members['answer']>;
}

export type PostInput = HandlerInput<Members['post']>;
export type PostOutput = HandlerOutput<Members['post']>;
export type PostContext = HandlerContext<Members['post']>;
export type LeaveContext = HandlerContext<Members['leave']>;
export type HistoryInput = HandlerInput<Members['history']>;
export type HistoryItem = HandlerDown<Members['history']>;
export type HistoryContext = HandlerContext<Members['history']>;
export type UploadInput = HandlerInput<Members['upload']>;
export type UploadItem = HandlerUp<Members['upload']>;
export type UploadOutput = HandlerOutput<Members['upload']>;
export type UploadContext = HandlerContext<Members['upload']>;
export type AnswerInput = HandlerInput<Members['answer']>;
export type AnswerItem = HandlerDown<Members['answer']>;
export type AnswerOutput = HandlerOutput<Members['answer']>;
export type AnswerContext = HandlerContext<Members['answer']>;
export type MessagesParams = TopicParams<Members['messages']>;
export type TypingParams = TopicParams<Members['typing']>;
