export type { CallMethod, CallOptions, ErrorOf, SafeResult } from './call-method.js';
export { connect, type Client, type ClientConnection, type ClientControls } from './client.js';
export type { ClientLimits } from './client-limits.js';
export type { ClientOf } from './client-of.js';
export type { ConnectionState, ConnectionStatus } from './connection-state.js';
export type { ClientOptions } from './options.js';
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
  type Executed,
  type FrameworkError,
  type GapReason,
  type InvalidInput,
  type Published,
  type ServiceShape,
} from '@trunkline/protocol';
