export type { App } from './routes/app.js';
export {
  ClientCallsOf,
  createClientCalls,
  type ClientCallInput,
  type ClientCallOutput,
  type ClientCalls,
  type ClientCallsClass,
} from './client-calls/client-calls.js';
export type {
  AnyContext,
  CallContext,
  ConnectContext,
  ConnectionInfo,
  SessionClosed,
  SessionOpened,
  StreamContext,
  TopicContext,
} from './routes/context.js';
export {
  Context,
  Input,
  Items,
  Params,
  Principal,
  Session,
  Signal,
  User,
} from './decorators/parameter.js';
export { serviceDecorators, type ServiceDecorators } from './decorators/service-decorators.js';
export { UseErrorMappers, UseGuards, UseInterceptors } from './decorators/use-guards.js';
export type { ServerFailure } from './failure.js';
export type { Authenticate } from './guards/gatekeeper.js';
export type { ErrorMapper, Guard, Interceptor } from './routes/guard.js';
export type { Handler, HandlerContext, Handlers } from './routes/handlers.js';
export { implement } from './routes/implement.js';
export { SERVER_LIMITS } from './limits/limits.js';
export { MEMORY_BROKER_LIMITS } from './limits/memory-broker-limits.js';
export type { Service } from './routes/route.js';
export { createServer, type Server } from './server.js';
export type { ServerOptions } from './server-options.js';
export { MemoryBroker } from './topics/memory-broker.js';
export { createTopics, TopicsOf, type Topics, type TopicsClass } from './topics/publisher.js';
export { TrunklineError, type Broker } from '@trunkline/protocol';
export type {
  HandlerDown,
  HandlerInput,
  HandlerOutput,
  HandlerUp,
  TopicMessageInput,
  TopicParams,
} from '@trunkline/contract';
export {
  acceptLength,
  acceptNumber,
  acceptPart,
  acceptWhole,
  acceptWritten,
  closeFields,
  failAt,
  failChoice,
  failKind,
  failTag,
  fieldOf,
  hasField,
  kindOf,
  leaveFields,
  readBigint,
  readBoolean,
  readBytes,
  readDate,
  readDescribed,
  readElements,
  readEnum,
  readField,
  readInt,
  readMap,
  readNoFields,
  readNull,
  readNumber,
  readRecord,
  readRest,
  readSet,
  readState,
  readText,
  readTuple,
  readUndefined,
  setField,
  tagOf,
  writeArray,
  writeBigint,
  writeBoolean,
  writeBytes,
  writeCheckedInt,
  writeCheckedNumber,
  writeCheckedText,
  writeDate,
  writeDescribed,
  writeEntries,
  writeEnum,
  writeFilled,
  writeInt,
  writeMemberSet,
  writeNoRest,
  writeNull,
  writeNumber,
  writeRecord,
  writeRest,
  writeState,
  writeText,
  writeTuple,
  writeUndefined,
  writeWhole,
  type ReadPart,
  type WritePart,
} from '@trunkline/protocol';
export { useCodecs } from '@trunkline/contract/codecs';
