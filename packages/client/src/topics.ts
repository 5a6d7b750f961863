import {
  TrunklineError,
  type Published,
  type ResultMessage,
  type TopicShape,
} from '@trunkline/protocol';
import type { CallOptions } from './call-method.js';
import { promiseOf } from './calls.js';
import { keyTopic } from './topic-key.js';
import { TopicLoop } from './topic-loop.js';
import type { PublishableTopic, Topic, TopicListeners, TopicOptions } from './topic-method.js';
import { checkTopicOptions, type TopicPort, type TopicRequest } from './topic-port.js';
import { TopicSubscription } from './topic-subscription.js';
import { startUnary } from './unary-call.js';

/** What is known of a topic's shape at run time. */
export type TopicKind = Pick<TopicShape, 'publish' | 'paramNames'>;

/** Makes the method of a topic, which names one of its channels and sends nothing. */
export function createTopicMethod(port: TopicPort, name: string, kind: TopicKind): object {
  return (params?: unknown, options: TopicOptions = {}): Topic<unknown> => {
    checkTopicOptions(options);
    const request = { topic: keyTopic(name, kind.paramNames, params), options };
    const topic: Topic<unknown> = {
      [Symbol.asyncIterator]: () => new TopicLoop(port, request).puller,
      subscribe: (listeners: TopicListeners<unknown>) =>
        new TopicSubscription(port, { ...request, listeners }),
    };
    if (kind.publish === 'server') return Object.freeze(topic);
    const publish: PublishableTopic<unknown>['publish'] = (message, publishOptions) =>
      publishOn(port, request, { message, options: publishOptions });
    return Object.freeze({ ...topic, publish });
  };
}

interface Publish {
  readonly message: unknown;
  readonly options: CallOptions | undefined;
}

function publishOn(
  port: TopicPort,
  { topic: { name, values } }: TopicRequest,
  { message, options }: Publish,
): Promise<Published> {
  const input = values === undefined ? { message } : { params: values, message };
  return promiseOf((outcome) =>
    startUnary(port, { kind: 'publish', name, input, options, read: readPublished }, outcome),
  );
}

function readPublished({ published }: ResultMessage): Published | TrunklineError {
  if (published !== undefined) return published;
  const text = 'the server did not say where the topic message is';
  return new TrunklineError('INTERNAL', text, { executed: 'yes' });
}
