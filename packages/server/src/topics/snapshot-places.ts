import { validate } from '@trunkline/contract';
import type { Broker, BrokerTopic, Cursor } from '@trunkline/protocol';
import type { ServerLimits } from '../limits/limits.js';
import {
  isCallRoute,
  isTopicRoute,
  type CallRoute,
  type Route,
  type TopicRoute,
} from '../routes/route.js';
import { keepOf } from './record.js';
import { topicKey } from './topic-key.js';

/** What snapshots are placed with. */
export interface SnapshotPlacesOptions {
  readonly broker: Broker;
  readonly limits: ServerLimits;
}

/** Knows which calls give the snapshot of a topic, and where the topic is when one begins. */
export class SnapshotPlaces {
  readonly #options: SnapshotPlacesOptions;
  readonly #topics = new Map<CallRoute, TopicRoute>();

  constructor(routes: Iterable<Route>, options: SnapshotPlacesOptions) {
    this.#options = options;
    const byName = new Map([...routes].map((route) => [route.name, route]));
    for (const topic of byName.values()) {
      if (!isTopicRoute(topic) || topic.definition.snapshot === undefined) continue;
      const call = byName.get(siblingOf(topic.name, topic.definition.snapshot));
      if (call !== undefined && isCallRoute(call)) this.#topics.set(call, topic);
    }
  }

  /**
   * Reads where the topic is of which a call gives the snapshot; `undefined` for all other calls. All
   * that was published up to there, the handler can see. Rejects as the broker does.
   */
  read(call: CallRoute, input: unknown): Promise<Cursor> | undefined {
    const topic = this.#topics.get(call);
    return topic && this.#read(topic, input);
  }

  async #read(route: TopicRoute, input: unknown): Promise<Cursor> {
    const { broker, limits } = this.#options;
    const { definition, name } = route;
    const key = topicKey(name, await paramsIn(input, route));
    const topic: BrokerTopic = { key, keep: keepOf(definition, limits) };
    const { top } = await broker.history(topic, { from: { last: 1 }, maxRecords: 1, maxBytes: 1 });
    return top;
  }
}

/** Names another member of the same contract. */
function siblingOf(name: string, member: string): string {
  return `${name.slice(0, name.lastIndexOf('.'))}.${member}`;
}

/** Finds the params of a topic in the parsed input of its snapshot, whatever else is there. */
async function paramsIn(input: unknown, { definition, name }: TopicRoute): Promise<unknown> {
  const { params, paramNames } = definition;
  if (params === undefined) return undefined;
  const given = Object(input) as Readonly<Record<string, unknown>>;
  const parsed = await validate(
    params,
    Object.fromEntries(paramNames.map((param) => [param, given[param]])),
  );
  if (parsed.ok) return parsed.value;
  throw new TypeError(
    `the parsed input of snapshot "${String(definition.snapshot)}" does not hold the params of ` +
      `topic "${name}": leave them as they are in the input's schema`,
  );
}
