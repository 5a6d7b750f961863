export type { CallMethod, CallOptions, UnaryOptions } from './call-method.js';
export type { ClientCallContext, ClientHandler, ClientHandlersOf } from './client-handler.js';
export { connect, type Client, type ClientConnection, type ClientControls } from './client.js';
export { listClientLimits, type ClientLimitRow } from './client-limit-table.js';
export type { ClientLimits } from './client-limits.js';
export type { ClientOf } from './client-of.js';
export type { ConnectionState, ConnectionStatus } from './connection-state.js';
export type { ClientOptions } from './options.js';
export type { AuthRequest } from './token-source.js';
export { serve } from './serve.js';
export { loadSuperjson } from './superjson.js';
export type {
  DownStream,
  DownStreamMethod,
  DuplexStreamMethod,
  ItemSource,
  StreamListeners,
  StreamMethod,
  UpStreamMethod,
} from './stream-method.js';
export type {
  Gap,
  Joined,
  PublishableTopic,
  PublishableTopicMethod,
  Subscription,
  SubscriptionState,
  Topic,
  TopicListeners,
  TopicMethod,
  TopicOptions,
} from './topic-method.js';
export {
  TrunklineError,
  type ContractShape,
  type Cursor,
  type ErrorCode,
  type ErrorOf,
  type Executed,
  type FrameworkError,
  type GapReason,
  type InvalidInput,
  type Published,
  type SafeResult,
  type ServiceShape,
  type StreamLost,
} from '@trunkline/protocol';
export {
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
  tagOf,
  writeArray,
  writeBigint,
  writeBoolean,
  writeBytes,
  writeDate,
  writeDescribed,
  writeEntries,
  writeEnum,
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
  type ReadPart,
  type WritePart,
} from '@trunkline/protocol';
