import type { Broker, BrokerTopic, HistoryPage, HistoryQuery } from '@trunkline/protocol';
import { createTopics, MemoryBroker } from '@trunkline/server';
import { SharedBatch } from '../../packages/protocol/src/session/shared-batch.js';
import { subscribe } from '../support/messages.js';
import type { RawPeer } from '../support/raw-peer.js';
import { HELD, type Outcome } from './driver.js';
import { lab } from './lab.js';
import { withPeer, type LimitRig, type Lowered } from './limit-host.js';

/** A memory broker whose reads of history a test sees, and may hold up. */
export class WatchedBroker implements Broker {
  readonly losesNothing: boolean;
  readonly #inner = new MemoryBroker();
  /** How many records each page had. */
  readonly pages: number[] = [];
  /** Reads that were begun. */
  begun = 0;
  /** What all reads wait for, or those of whole pages. */
  gate: { readonly of: 'reads' | 'pages'; readonly opened: Promise<void> } | undefined;

  constructor({ losesNothing = true } = {}) {
    this.losesNothing = losesNothing;
  }

  publish(...args: Parameters<Broker['publish']>) {
    return this.#inner.publish(...args);
  }

  subscribe(...args: Parameters<Broker['subscribe']>) {
    return this.#inner.subscribe(...args);
  }

  async history(topic: BrokerTopic, query: HistoryQuery): Promise<HistoryPage> {
    this.begun++;
    const page = await this.#inner.history(topic, query);
    // Who only asks where it may begin reads no page.
    const isPage = query.maxRecords > 1;
    if (isPage) this.pages.push(page.records.length);
    if (isPage || this.gate?.of === 'reads') await this.gate?.opened;
    return page;
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

function openTopics(broker: Broker, limits: Lowered) {
  return createTopics(lab, broker, { limits });
}

/** A server with a broker of the test's, and its topics to publish on. */
export interface TopicRig extends LimitRig {
  readonly broker: WatchedBroker;
  readonly topics: ReturnType<typeof openTopics>;
}

/** Lets `act` try a limit of topics. */
export async function withTopics(
  limits: Lowered,
  act: (rig: TopicRig) => Promise<Outcome>,
  broker = new WatchedBroker(),
): Promise<Outcome> {
  const topics = openTopics(broker, limits);
  try {
    return await withPeer(limits, (rig) => act({ ...rig, broker, topics }), { broker });
  } finally {
    await broker.close();
  }
}

/** A cursor before the first message of a topic; its epoch is that of a subscription to it. */
export async function startOf(rig: TopicRig, sub: number, name: string, params?: unknown) {
  await rig.peer.send(subscribe(sub, name, { params }));
  const [subscribed] = rig.peer.of('SUBSCRIBED').filter((message) => message.sub === sub);
  await rig.peer.send({ kind: 'UNSUBSCRIBE', sub });
  return { epoch: subscribed?.epoch ?? '', offset: 0 };
}

/** Says whether nothing is missing of so many topic messages. */
export function allOrGap(peer: RawPeer, amount: number): Outcome {
  if (peer.of('GAP').length > 0) return HELD;
  const { length } = peer.of('MESSAGE');
  if (length !== amount) throw new Error(`${length} of ${amount} messages came, and no gap`);
  return 'works';
}

/** Payload of a topic message whose batch has so many bytes. */
export function payloadFor(batchBytes: number): Uint8Array<ArrayBuffer> {
  for (let size = Math.max(0, batchBytes - 40); size <= batchBytes; size++) {
    const batch = new SharedBatch();
    const bytes = new Uint8Array(size);
    batch.add({ kind: 'MESSAGE', topic: 0, offset: 1, skipped: 0, encoding: 3, bytes });
    if (batch.seal().length === batchBytes) return bytes;
  }
  throw new RangeError(`no batch has ${batchBytes} bytes`);
}
