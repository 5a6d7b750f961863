import type {
  CallMethod,
  DownStreamMethod,
  DuplexStreamMethod,
  PublishableTopicMethod,
  ServiceShape,
  TopicMethod,
  UpStreamMethod,
} from '../src/index.js';

/** A client as it is generated. */
export interface ChatClient {
  readonly post: CallMethod<{ text: string }, Date, { ROOM_CLOSED: { room: string } }>;
  readonly ping: CallMethod<undefined, undefined>;
  readonly hasty: CallMethod<undefined, undefined>;
  readonly history: DownStreamMethod<{ room: string }, string>;
  readonly brief: DownStreamMethod<undefined, string>;
  readonly ticks: DownStreamMethod<undefined, number, { count: number }>;
  readonly upload: UpStreamMethod<undefined, Uint8Array, { bytes: number }, { FULL: number }>;
  readonly echo: DuplexStreamMethod<{ loud: boolean }, string, string>;
  readonly messages: TopicMethod<{ room: string }, string>;
  readonly typing: PublishableTopicMethod<{ room: string }, string>;
  readonly news: TopicMethod<undefined, { at: Date }>;
  readonly kept: TopicMethod<{ room: string }, string>;
  readonly board: CallMethod<{ room: string }, string[]>;
  readonly changes: TopicMethod<{ room: string }, string, string[]>;
}

const stream = { kind: 'stream', hasUp: false, hasDown: false, hasOutput: false } as const;

/** Its description, as it is generated. */
export const ChatClient: ServiceShape<ChatClient> = {
  name: 'chat',
  revision: '0123456789abcdef',
  members: {
    post: { kind: 'call' },
    ping: { kind: 'call' },
    hasty: { kind: 'call', deadlineMs: 250 },
    history: { ...stream, hasDown: true },
    brief: { ...stream, hasDown: true, deadlineMs: 900 },
    ticks: { ...stream, hasDown: true, hasOutput: true },
    upload: { ...stream, hasUp: true, hasOutput: true },
    echo: { ...stream, hasUp: true, hasDown: true },
    messages: { kind: 'topic', publish: 'server', paramNames: ['room'], keeps: true },
    typing: { kind: 'topic', publish: 'client', paramNames: ['room'] },
    news: { kind: 'topic', publish: 'server', paramNames: [] },
    kept: { kind: 'topic', publish: 'server', paramNames: ['room'], keeps: true },
    board: { kind: 'call' },
    changes: { kind: 'topic', publish: 'server', paramNames: ['room'], snapshot: 'board' },
  },
};
