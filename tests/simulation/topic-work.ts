import {
  TrunklineError,
  type Cursor,
  type Gap,
  type Subscription,
  type SubscriptionState,
  type TopicOptions,
} from '@trunkline/client';
import { PLACES, type Place } from './publish-work.js';
import type { SimClient } from './sim-client.js';
import { TopicWitness } from './topic-witness.js';
import type { World } from './world.js';

interface Message {
  readonly id: string;
}

/** A subscription of a client, with who watches it. */
export interface WatchedTopic {
  readonly client: SimClient;
  readonly witness: TopicWitness;
  readonly isLoop: boolean;
  readonly status: () => SubscriptionState['status'] | undefined;
  /** Waits for what was published there, as who wants to read his own writes does. */
  readonly reach: (published: Cursor) => void;
  readonly close: () => void;
}

/** Subscribes a client once more, in one of the ways there are. */
export function subscribe(world: World, client: SimClient): void {
  const { chance } = world;
  const place = chance.pick(PLACES);
  const start = startOf(world, place);
  const witness = new TopicWitness(world, world.nextId('t'), place, start.from);
  const { last, from } = start;
  const begin = from === undefined ? `last ${last}` : `from ${from.epoch}:${from.offset}`;
  world.trace.note(`${client.name} subscribes ${witness.name} to ${place.key} ${begin}`);
  const { member, room } = place;
  const options: TopicOptions = {
    ...(last !== undefined && { last }),
    ...(from !== undefined && { from }),
  };
  const watching = { world, client, witness };
  const topic = (more: TopicOptions) => client.api.sim[member]({ room }, { ...options, ...more });
  client.topics.push(chance.is(0.5) ? byCallbacks(watching, topic) : byLoop(watching, topic));
}

interface Watching {
  readonly world: World;
  readonly client: SimClient;
  readonly witness: TopicWitness;
}

type OpenTopic = (
  options: TopicOptions,
) => AsyncIterable<Message> & { subscribe(listeners: object): Subscription };

function startOf(
  { chance, clients }: World,
  { key, member }: Place,
): { last?: number; from?: Cursor } {
  const places = clients.flatMap(({ topics }) =>
    topics.flatMap(({ witness: { topic, place } }) => (topic.key === key && place ? [place] : [])),
  );
  const kind = chance.weigh([
    [3, 'now'],
    [2, 'last'],
    [3, 'from'],
  ]);
  // Of a topic that keeps nothing there are none to ask for.
  if (kind === 'last') return { last: member === 'loose' ? 0 : chance.int(0, 12) };
  if (kind === 'now' || places.length === 0) return {};
  const { epoch, offset } = chance.pick(places);
  return { from: { epoch, offset: Math.max(0, offset - chance.pick([0, 0, 3, 40])) } };
}

function byCallbacks({ world, client, witness }: Watching, open: OpenTopic): WatchedTopic {
  const listeners = {
    message: ({ id }: Message) => {
      world.trace.note(`${witness.name} gets ${id}`);
      witness.message(id, subscription.cursor as Cursor);
    },
    gap: (gap: Gap) => witness.gap(gap),
    state: ({ status, joined, error }: SubscriptionState) => {
      world.trace.note(`${witness.name} is ${status} ${joined?.kind ?? ''}`);
      if (status === 'live' && joined !== undefined) {
        witness.live(joined.kind, subscription.cursor as Cursor);
      }
      if (status === 'ended') ended(world, client, { witness, error });
    },
  };
  const subscription: Subscription = open({}).subscribe(listeners);
  return {
    client,
    witness,
    isLoop: false,
    status: () => subscription.state.status,
    reach: ({ epoch, offset }) => {
      if (subscription.cursor?.epoch !== epoch) return;
      world.waiting++;
      const done = (): void => void world.waiting--;
      const reached = (): void => {
        done();
        const { cursor } = subscription;
        const isThere = cursor?.epoch !== epoch || cursor.offset >= offset;
        world.trace.check(isThere, () => `${witness.name} has not reached ${offset}`);
      };
      subscription.reached(offset).then(reached, done);
    },
    close: () => {
      subscription.close();
      witness.isClosed = true;
    },
  };
}

function byLoop(watching: Watching, open: OpenTopic): WatchedTopic {
  const { world, client, witness } = watching;
  const controller = new AbortController();
  const { chance } = world;
  const hasOnGap = chance.is(0.8);
  const options = {
    signal: controller.signal,
    ...(hasOnGap && { onGap: (gap: Gap) => witness.gap(gap, true) }),
  };
  const pauseMs = chance.weigh([
    [3, 0],
    [1, chance.int(1, 30)],
    [1, chance.int(30, 800)],
  ]);
  const read = async (): Promise<void> => {
    try {
      for await (const { id } of open(options)) {
        world.trace.note(`${witness.name} gets ${id}`);
        witness.looped(id);
        if (pauseMs > 0 && !world.isSettling) await world.sleep(pauseMs);
      }
      ended(world, client, { witness, error: undefined });
    } catch (error) {
      if (error instanceof TrunklineError && error.code === 'GAP' && !hasOnGap) {
        witness.gap(error.data as Gap, true);
        witness.isClosed = true;
      } else ended(world, client, { witness, error });
    }
  };
  void read();
  return {
    client,
    witness,
    isLoop: true,
    status: () => undefined,
    reach: () => undefined,
    close: () => controller.abort(),
  };
}

/** A subscription ends because its user wanted it, or with its client, and else never. */
function ended(
  { trace }: World,
  client: SimClient,
  { witness, error }: { witness: TopicWitness; error: unknown },
): void {
  trace.note(`${witness.name} ended ${textOf(error)}`);
  witness.isClosed = true;
  if (error === undefined) return;
  trace.check(client.isFinal, () => `${witness.name} ended without a reason: ${textOf(error)}`);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : '';
}
