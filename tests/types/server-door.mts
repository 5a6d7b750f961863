export type { App, Scope } from '../../packages/server/src/app.js';
export type { TopicContext } from '../../packages/server/src/context.js';
export {
  Context,
  Input,
  Items,
  Params,
  Principal,
  Session,
  Signal,
  User,
} from '../../packages/server/src/decorators/parameter.js';
export {
  serviceDecorators,
  type ServiceDecorators,
} from '../../packages/server/src/decorators/service-decorators.js';
export {
  UseErrorMappers,
  UseGuards,
  UseInterceptors,
} from '../../packages/server/src/decorators/use-guards.js';
export type { Guard } from '../../packages/server/src/guard.js';
export type { HandlerContext, ServiceHandlers } from '../../packages/server/src/handlers.js';
export { implement } from '../../packages/server/src/implement.js';
