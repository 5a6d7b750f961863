import { createTopics } from '@trunkline/server';
import { createDeferred } from '../support/deferred.js';
import { call, subscribe } from '../support/messages.js';
import { payloadOf } from '../support/raw-peer.js';
import { pace } from './call-drivers.js';
import { HELD, type Drivers, type Outcome } from './driver.js';
import { lab } from './lab.js';
import { outcomeOf, speakFor, times, withPeer, type LimitRig, type Lowered } from './limit-host.js';
import {
  allOrGap,
  payloadFor,
  startOf,
  WatchedBroker,
  withTopics,
  type TopicRig,
} from './topic-host.js';

const MANY = { keepCount: 1_000 };
const idOf = (n: number): { id: string } => ({ id: `t${n}` });
const worksIf = (holds: boolean): Outcome => (holds ? 'works' : HELD);
const byte = () => new Uint8Array(1);

/** The peer takes nothing from here on, and its socket is full. Gives what is in the socket. */
async function stick({ host, peer }: LimitRig): Promise<number> {
  host.network.latest.hold('server');
  await peer.send(call(0, 0));
  return host.network.latest.fromServer.at(-1)?.length ?? 0;
}

/** The peer takes what there is for it. */
async function unstick({ host, peer }: LimitRig, batches: number): Promise<void> {
  host.network.latest.release('server');
  await host.runtime.settle();
  // Each of these makes room for one batch more.
  for (let n = 0; n < batches + 5; n++) await peer.send({ kind: 'PING', value: n });
}

/** Those who are behind are given the newest message from memory; the one before it is lost then. */
const LOSES = { writeAheadBytes: 1, joinRecords: 1 };

/** Publishes two messages at once on a topic that keeps nothing. */
async function publishTwo({ host, topics }: TopicRig, n: number): Promise<void> {
  const topic = topics.open(idOf(n));
  await Promise.all([topic.publish('x'), topic.publish('y')]);
  await host.runtime.settle();
}

/** Two topics: the messages of the second find what the one of the first has left of the outbox. */
const twoTopics = (
  limits: Lowered,
  {
    bytesOf,
    waitMs = 0,
  }: { bytesOf: (inSocket: number) => Uint8Array<ArrayBuffer>; waitMs?: number },
) =>
  withTopics({ ...LOSES, ...limits }, async (rig) => {
    const { peer, host, topics } = rig;
    await peer.send(subscribe(0, 'lab.blobs'), subscribe(1, 'lab.open', { params: idOf(0) }));
    await host.runtime.settle();
    const inSocket = await stick(rig);
    await topics.blobs().publish(bytesOf(inSocket));
    await host.runtime.advance(waitMs);
    await publishTwo(rig, 0);
    await unstick(rig, 2);
    return allOrGap(peer, 3);
  });

/** What is kept of so many messages; `waitMs` passes before somebody asks. */
const kept = (limits: Lowered, sizes: readonly number[], waitMs = 0) =>
  withPeer(limits, async (rig) => {
    const { host, peer } = rig;
    const topics = createTopics(lab, host.server.broker, { limits, runtime: host.runtime });
    for (const size of sizes) await topics.blobs().publish(new Uint8Array(size));
    await speakFor(rig, waitMs);
    await peer.send(subscribe(0, 'lab.blobs', { last: sizes.length }));
    await host.runtime.settle();
    return worksIf(peer.of('MESSAGE').length === sizes.length);
  });

/** Messages of these sizes are read from history from the beginning. */
const read = (limits: Lowered, sizes: readonly number[]) =>
  withTopics({ ...MANY, ...limits }, async (rig) => {
    const { host, peer, topics, broker } = rig;
    const cursor = await startOf(rig, 0, 'lab.blobs');
    const { epoch } = await topics.blobs().publish(new Uint8Array(sizes[0] ?? 0));
    for (const size of sizes.slice(1)) await topics.blobs().publish(new Uint8Array(size));
    await peer.send(subscribe(1, 'lab.blobs', { cursor: { ...cursor, epoch } }));
    await host.runtime.settle();
    const { length } = peer.of('MESSAGE');
    if (length !== sizes.length) throw new Error(`${length} messages came`);
    return worksIf(broker.pages[0] === sizes.length);
  });

const publishing = (limits: Lowered, act: (rig: LimitRig) => Promise<void>) =>
  withPeer(limits, async (rig) => {
    await rig.bindTo('chat.board', 'publish');
    await act(rig);
    return outcomeOf(rig.peer);
  });

const publishOf = (n: number) => call(n * 2, 1, { params: { id: 1 }, message: 'x' });

/** Reads of history wait; gives how many have begun. */
async function readAtOnce(rig: TopicRig, amount: number): Promise<Outcome> {
  const { host, peer, broker, topics } = rig;
  const opened = createDeferred<void>();
  const cursors = [];
  for (let n = 0; n < amount; n++) {
    cursors.push(await startOf(rig, n, 'lab.news', idOf(n)));
    const { epoch } = await topics.news(idOf(n)).publish('x');
    cursors[n] = { epoch, offset: 0 };
  }
  broker.gate = { of: 'reads', opened: opened.promise };
  broker.begun = 0;
  const subscribes = cursors.map((cursor, n) =>
    subscribe(amount + n, 'lab.news', { params: idOf(n), cursor }),
  );
  await peer.send(...subscribes);
  const outcome = worksIf(broker.begun === amount);
  opened.resolve();
  await host.runtime.settle();
  return peer.of('MESSAGE').length === amount ? outcome : { kind: 'cut' };
}

/** Messages are published while somebody reads what is kept. */
async function publishDuringJoin(rig: TopicRig, amount: number): Promise<Outcome> {
  const { host, peer, broker, topics } = rig;
  const opened = createDeferred<void>();
  const { epoch } = await topics.blobs().publish(byte());
  broker.gate = { of: 'pages', opened: opened.promise };
  await peer.send(subscribe(0, 'lab.blobs', { cursor: { epoch, offset: 0 } }));
  await host.runtime.settle();
  for (let n = 0; n < amount; n++) await topics.blobs().publish(byte());
  opened.resolve();
  await host.runtime.settle();
  const isComplete = peer.of('MESSAGE').length === amount + 1;
  return isComplete ? worksIf(broker.pages.length === 1) : { kind: 'cut' };
}

/** Drivers of the limits of subscribing, publishing, and of what is kept. */
export const TOPIC_DRIVERS: Drivers = {
  subscriptions: {
    value: 3,
    drive: (amount, limit) =>
      withPeer({ subscriptions: limit }, async ({ peer }) => {
        await peer.send(...times(amount, (n) => subscribe(n, 'lab.news', { params: idOf(n) })));
        return outcomeOf(peer);
      }),
  },
  paramsBytes: {
    value: 100,
    drive: (amount, limit) =>
      withPeer({ paramsBytes: limit }, async ({ peer }) => {
        let id = '';
        while (payloadOf({ id }).bytes.length < amount) id += 'i';
        await peer.send(subscribe(0, 'lab.news', { params: { id } }));
        return outcomeOf(peer);
      }),
  },
  subscribeRate: {
    value: 4,
    atDefault: true,
    drive: (amount, limit) =>
      withPeer({ subscribeRate: limit, subscribeBurst: 1 }, async (rig) => {
        await pace(rig, amount, (n) =>
          n % 2 === 0 ? subscribe(n / 2, 'chat.ticks') : { kind: 'UNSUBSCRIBE', sub: (n - 1) / 2 },
        );
        return outcomeOf(rig.peer);
      }),
  },
  subscribeBurst: {
    value: 3,
    drive: (amount, limit) =>
      withPeer({ subscribeBurst: limit }, async ({ peer }) => {
        await peer.send(...times(amount, (n) => subscribe(n, 'lab.news', { params: idOf(n) })));
        return outcomeOf(peer);
      }),
  },
  outboxBytes: {
    value: 1_000,
    isReached: true,
    drive: (amount, limit) =>
      twoTopics({ outboxBytes: limit }, { bytesOf: (inSocket) => payloadFor(amount - inSocket) }),
  },
  outboxMessages: {
    value: 3,
    drive: (amount, limit) =>
      withTopics({ ...LOSES, outboxMessages: limit }, async (rig) => {
        const { peer, host } = rig;
        await peer.send(...times(amount, (n) => subscribe(n, 'lab.open', { params: idOf(n) })));
        await host.runtime.settle();
        await stick(rig);
        for (let n = 0; n < amount; n++) await publishTwo(rig, n);
        await unstick(rig, amount);
        return allOrGap(peer, amount * 2);
      }),
  },
  outboxMs: {
    value: 5_000,
    drive: (amount, limit) => twoTopics({ outboxMs: limit }, { bytesOf: byte, waitMs: amount }),
  },
  outboxNodeBytes: {
    value: 1_000,
    drive: (amount, limit) =>
      withTopics({ writeAheadBytes: 1, outboxNodeBytes: limit }, async (rig) => {
        const { peer, host, topics } = rig;
        await peer.send(subscribe(0, 'lab.blobs'));
        await host.runtime.settle();
        await stick(rig);
        await topics.blobs().publish(payloadFor(amount));
        await host.runtime.settle();
        host.network.connections[0]?.release('server');
        await host.runtime.settle();
        return outcomeOf(peer);
      }),
  },
  publishRate: {
    value: 4,
    atDefault: true,
    drive: (amount, limit) =>
      publishing({ publishRate: limit, publishBurst: 1 }, (rig) => pace(rig, amount, publishOf)),
  },
  publishBurst: {
    value: 3,
    atDefault: true,
    drive: (amount, limit) =>
      publishing({ publishBurst: limit }, ({ peer }) => peer.send(...times(amount, publishOf))),
  },
  keepCount: {
    value: 3,
    atDefault: true,
    drive: (amount, limit) =>
      kept(
        { keepCount: limit },
        times(amount, () => 1),
      ),
  },
  keepAgeMs: {
    isReached: true,
    drive: (amount, limit) => kept({ keepAgeMs: limit }, [1], amount),
  },
  keepBytes: {
    value: 100,
    drive: (amount, limit) => kept({ keepBytes: limit }, [40, amount - 40]),
  },
  pageRecords: {
    value: 5,
    atDefault: true,
    drive: (amount, limit) =>
      read(
        { pageRecords: limit },
        times(amount, () => 1),
      ),
  },
  pageBytes: {
    value: 100,
    drive: (amount, limit) => read({ pageBytes: limit }, [40, amount - 40]),
  },
  pageReads: {
    value: 2,
    atDefault: true,
    drive: (amount, limit) => withTopics({ pageReads: limit }, (rig) => readAtOnce(rig, amount)),
  },
  lookMs: {
    isReached: true,
    drive: (amount, limit) =>
      withTopics(
        { lookMs: limit },
        async ({ host, peer, broker }) => {
          await peer.send(subscribe(0, 'lab.blobs'));
          await host.runtime.settle();
          broker.begun = 0;
          await host.runtime.advance(amount);
          return worksIf(broker.begun === 0);
        },
        new WatchedBroker({ losesNothing: false }),
      ),
  },
  joinRecords: {
    value: 3,
    drive: (amount, limit) =>
      withTopics({ joinRecords: limit }, (rig) => publishDuringJoin(rig, amount)),
  },
};
