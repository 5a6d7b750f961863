export * from '../../packages/server/src/index.js';
export type {
  HandlerDown,
  HandlerInput,
  HandlerOutput,
  HandlerUp,
  TopicParams,
} from '@trunkline/contract';
export type { ServiceDecorators } from '../../packages/server/src/decorators/service-decorators.js';
export type { Handler, HandlerContext } from '../../packages/server/src/handlers.js';
