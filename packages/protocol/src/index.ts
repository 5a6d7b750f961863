export type {
  CallShape, ContractShape, ErrorShapes, MemberShape, PublishBy, ServiceShape, StreamShape, TopicShape,
} from './shape.js';
export { ERROR_CODES, isErrorCode, type ErrorCode } from './error-code.js';
export { TrunklineError, type Executed, type FrameworkError, type TrunklineErrorOptions } from './trunkline-error.js';
