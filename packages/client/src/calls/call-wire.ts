import type { Link, ReceivedMessage, SessionLimits } from '@trunkline/protocol';

/** What calls and subscriptions need of a session. */
export type Wire = Pick<
  Link,
  'send' | 'withdraw' | 'void' | 'abandon' | 'queuedBytes' | 'begunBytes' | 'bulkBytes'
>;

/** What holds in one session. */
export interface Terms extends SessionLimits {
  /** Whether payloads may be packed. */
  readonly takesPacked: boolean;
}

/** Messages that belong to a call. */
export type CallReply = Extract<
  ReceivedMessage,
  { kind: 'RESULT' | 'ERROR' | 'ITEM' | 'END' | 'CREDIT' | 'CANCEL' | 'REFUSED' }
>;
