export { ANSWERING_CODEC } from './answering-codec.js';
export { takesNumber, type Batch, type BatchHead, type MessageCodec } from './batch.js';
export type {
  Broker,
  BrokerListener,
  BrokerRecord,
  BrokerSubscription,
  BrokerTopic,
  HistoryPage,
  HistoryQuery,
  HistoryStart,
  KeepPolicy,
  PlacedRecord,
  PublishReceipt,
} from './broker.js';
export { Reader } from './bytes/reader.js';
export { varintSize, Writer } from './bytes/writer.js';
export { CLIENT_CODEC } from './client-codec.js';
export { joinedMessage, type LargeMessage } from './chunk.js';
export {
  CLOSE_CODES,
  closeCodeOf,
  reactionTo,
  type Close,
  type CloseCode,
  type CloseReaction,
} from './close-code.js';
export { ConsumerCredit, ProducerCredit, type CreditGrowth, type CreditWindow } from './credit.js';
export { ERROR_CODES, isErrorCode, type ErrorCode } from './error-code.js';
export { STORED, type ExtFields, type Published, type PublishId } from './ext.js';
export { decodeBatch, encodeBatch, FULL_CODEC } from './full-codec.js';
export {
  CLIENT_DECODE_LIMITS,
  SERVER_DECODE_LIMITS,
  WIRE_DEFAULTS,
  type DecodeLimits,
  type WireLimits,
} from './limit-values.js';
export {
  DECODE_LIMITS,
  resolveLimits,
  WIRE_LIMITS,
  type LimitEntry,
  type LimitReaction,
  type LimitTable,
  type LimitValues,
} from './limits.js';
export { nameHint, nearestName } from './nearest-name.js';
export {
  ENCODING,
  FEATURES,
  KINDS,
  SESSION_LIMITS,
  type BindMessage,
  type CallMessage,
  type CancelMessage,
  type ChunkMessage,
  type CreditMessage,
  type Cursor,
  type Encoding,
  type EndedMessage,
  type EndMessage,
  type ErrorMessage,
  type GapMessage,
  type GapReason,
  type AuthedMessage,
  type GoawayMessage,
  type GoneMessage,
  type HelloMessage,
  type ItemMessage,
  type JoinState,
  type Kind,
  type Message,
  type Payload,
  type ProcedureKind,
  type ReceivedMessage,
  type RefusedMessage,
  type ResultMessage,
  type ResumedMessage,
  type ResumeMessage,
  type Revision,
  type SessionLimits,
  type StaleMessage,
  type SubscribedMessage,
  type SubscribeMessage,
  type TopicMessage,
  type UnsubscribeMessage,
  type WelcomeMessage,
} from './message.js';
export {
  ABSENT,
  compilePacked,
  REFUSED,
  type CheckedDecoded,
  type EnumValue,
  type Layout,
  type LayoutDocument,
  type MaybeLayout,
  type ObjectLayout,
  type PackedCodec,
  type PartCheck,
  type PartChecks,
  type PropertyLayout,
  type UnionOption,
  type ValueKind,
  type VariantOption,
} from './payload/packed.js';
export {
  NO_LAYOUT,
  packChecked,
  packValue,
  unpackValue,
  type ClientCallCodec,
  type Part,
  type PartCodec,
  type ProcedureCodec,
  type TopicCodec,
} from './payload/part.js';
export { decodePlain, encodePlain } from './payload/plain-payload.js';
export { uncarried, type Decoded, type Encoded, type Fault } from './payload/fault.js';
export type { ErrorOf, SafeResult, WithInput } from './outcome.js';
export type { Runtime, Timer } from './runtime.js';
export { CallIds } from './session/call-ids.js';
export { ByteBudget } from './session/byte-budget.js';
export { Link, type LinkOptions, type LinkOwner } from './session/link.js';
export type { Outgoing } from './session/outbox.js';
export { SharedBatch } from './session/shared-batch.js';
export type {
  CallShape,
  ClientCallShape,
  ClientCallShapes,
  ContractShape,
  ErrorShapes,
  MemberShape,
  PublishBy,
  ServiceShape,
  StreamShape,
  TopicShape,
} from './shape.js';
export { systemRuntime } from './system-runtime.js';
export {
  readTraceContext,
  type TraceContext,
  type TraceFailure,
  type Tracer,
  type TraceSpan,
} from './tracer.js';
export type { Closed, Dial, DialSink, Transport, TransportSink } from './transport.js';
export {
  locate,
  TrunklineError,
  type Executed,
  type FrameworkError,
  type InputIssue,
  type InvalidInput,
  type StreamLost,
  type TrunklineErrorOptions,
} from './trunkline-error.js';
export { negotiate, SPOKEN, SUBPROTOCOLS, type Negotiation } from './version.js';
export { Violation, VIOLATIONS, type ViolationName } from './violation.js';
export {
  readDescribed,
  readElements,
  readMap,
  readSet,
  writeDescribed,
  type ReadPart,
  type WritePart,
} from './payload/packed/described.js';
export type { PackReader } from './payload/packed/pack-reader.js';
export type { PackWriter } from './payload/packed/pack-writer.js';
export {
  failChoice,
  leaveFields,
  readBigint,
  readBoolean,
  readBytes,
  readDate,
  readEnum,
  readInt,
  readNoFields,
  readNull,
  readNumber,
  readRecord,
  readRest,
  readState,
  readText,
  readTuple,
  readUndefined,
} from './payload/packed/read-parts.js';
export {
  closeFields,
  failAt,
  failKind,
  failTag,
  fieldOf,
  hasField,
  kindOf,
  tagOf,
  writeArray,
  writeBigint,
  writeBoolean,
  writeBytes,
  writeDate,
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
  type Fields,
} from './payload/packed/write-parts.js';
export {
  acceptLength,
  acceptNumber,
  acceptPart,
  acceptWhole,
  acceptWritten,
  listChecks,
  readField,
  setField,
  unpackChecked,
  writeCheckedInt,
  writeCheckedNumber,
  writeCheckedText,
  writeFilled,
  writeWhole,
  type CheckList,
  type CheckedReading,
} from './payload/packed/checked-parts.js';
export { walkLayout } from './payload/packed/layout-walk.js';
