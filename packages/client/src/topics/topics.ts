import {
  NO_LAYOUT,
  TrunklineError,
  type CallShape,
  type ProcedureCodec,
  type Published,
  type ResultMessage,
  type TopicCodec,
  type TopicShape,
} from '@trunkline/protocol';
import type { CallOptions } from '../calls/call-method.js';
import { checkCallOptions } from '../calls/call-port.js';
import { promiseOf } from '../calls/calls.js';
import { refuseUnknownListener } from '../connection/refuse-unknown.js';
import { keyTopic } from './topic-key.js';
import { TopicLoop } from './topic-loop.js';
import type { PublishableTopic, Topic, TopicListeners, TopicOptions } from './topic-method.js';
import { checkTopicOptions, type TopicPort, type TopicRequest } from './topic-port.js';
import { TopicSubscription } from './topic-subscription.js';
import { startUnary } from '../calls/unary-call.js';

/** What is known of a topic at run time. */
export interface TopicParts {
  readonly topic: Pick<TopicShape, 'publish' | 'paramNames' | 'keeps' | 'codec'>;
  /** The call that gives its snapshots, where it has one. */
  readonly snapshot: { readonly name: string; readonly call: Pick<CallShape, 'codec'> } | undefined;
}

/** Makes the method of a topic, which names one of its channels and sends nothing. */
export function createTopicMethod(
  port: TopicPort,
  name: string,
  { topic: kind, snapshot: given }: TopicParts,
): object {
  return (params?: unknown, options: TopicOptions<unknown> = {}): Topic<unknown, unknown> => {
    const { codec, keeps = false } = kind;
    checkTopicOptions(name, options, keeps);
    const keyed = { ...keyTopic(name, kind.paramNames, params), codec };
    const snapshot = given && { name: given.name, codec: given.call.codec, input: keyed.values };
    const request: TopicRequest = { topic: keyed, options, keeps, snapshot };
    if (options.onSnapshot !== undefined) expectSnapshot(request, 'option "onSnapshot"');
    const topic: Topic<unknown, unknown> = {
      [Symbol.asyncIterator]: () => new TopicLoop(port, request).puller,
      subscribe: (listeners: TopicListeners<unknown, unknown>) => {
        refuseUnknownListener(listeners, LISTENERS);
        if (listeners.snapshot !== undefined) expectSnapshot(request, 'listener "snapshot"');
        return new TopicSubscription(port, { ...request, listeners });
      },
    };
    if (kind.publish === 'server') return Object.freeze(topic);
    const publish: PublishableTopic<unknown>['publish'] = (message, publishOptions) =>
      publishOn(port, request, { message, options: publishOptions });
    return Object.freeze({ ...topic, publish });
  };
}

const LISTENERS: readonly (keyof TopicListeners<unknown, unknown>)[] = [
  'message',
  'gap',
  'state',
  'snapshot',
];

/** Throws a TypeError for a topic that has no snapshots. */
function expectSnapshot({ topic, snapshot }: TopicRequest, what: string): void {
  if (snapshot !== undefined) return;
  throw new TypeError(`${what}: the contract names no snapshot of topic "${topic.name}"`);
}

interface Publish {
  readonly message: unknown;
  readonly options: CallOptions | undefined;
}

function publishOn(
  port: TopicPort,
  { topic: { name, values, codec } }: TopicRequest,
  { message, options }: Publish,
): Promise<Published> {
  const input = values === undefined ? { message } : { params: values, message };
  const request = { kind: 'publish', name, codec: publishCodec(codec), input, options } as const;
  return promiseOf((outcome) => {
    checkCallOptions(name, options);
    startUnary(port, { ...request, read: readPublished }, outcome);
  });
}

/** A publish is a call that carries params and message, and whose answer has no value. */
function publishCodec(codec: TopicCodec | undefined): ProcedureCodec | undefined {
  if (codec?.send === undefined || codec.publish === undefined) return undefined;
  return { send: codec.send, receive: NO_LAYOUT, input: codec.publish };
}

function readPublished({ published }: ResultMessage): Published | TrunklineError {
  if (published !== undefined) return published;
  const text = 'the server did not say where the topic message is';
  return new TrunklineError('INTERNAL', text, { executed: 'yes' });
}
