import type {
  HandlerDown,
  HandlerInput,
  HandlerOutput,
  HandlerUp,
  TopicParams,
} from '@trunkline/contract';
import {
  serviceDecorators,
  type HandlerContext,
  type ServiceDecorators,
  type ServiceHandlers,
} from '@trunkline/server';
import { chat } from './chat.contract.mjs';

type Members = (typeof chat)['members'];

export interface ChatHandlers extends ServiceHandlers<typeof chat> {}
export const ChatService: ServiceDecorators<typeof chat> = serviceDecorators(chat);

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
