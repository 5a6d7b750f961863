import type { Broker, Runtime } from '@trunkline/protocol';
import { printFailure } from '../process-edge.js';
import { topicNameOf } from './topic-key.js';
import { createObservation } from '../observe/observation.js';
import type { Observer } from '../observe/observer.js';

/** Gives a broker that tells observers of each publish; the broker itself where there are none. */
export function observedBroker(
  broker: Broker,
  {
    observers,
    runtime,
  }: { readonly observers: readonly Observer[] | undefined; readonly runtime: Runtime },
): Broker {
  const observation = createObservation(observers, { runtime, report: printFailure });
  if (observation === undefined) return broker;
  return {
    publish: (topic, record) => {
      const receipt = broker.publish(topic, record);
      const about = {
        topic: topicNameOf(topic.key),
        by: 'server',
        bytes: record.bytes.length,
      } as const;
      observation.published(receipt, about);
      return receipt;
    },
    history: (topic, query) => broker.history(topic, query),
    subscribe: (topic, sink) => broker.subscribe(topic, sink),
    close: () => broker.close(),
    losesNothing: broker.losesNothing === true,
  };
}
