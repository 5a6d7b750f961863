import { ENCODING, TrunklineError, type ErrorCode, type KeepPolicy } from '@trunkline/protocol';
import { VirtualRuntime } from '@trunkline/protocol/testing';
import { MEMORY_BROKER_LIMITS, MemoryBroker } from '@trunkline/server';
import { HELD, type Drivers, type Outcome } from './driver.js';

const KEEP: KeepPolicy = { count: 10, ageMs: 3_600_000, bytes: 1_000_000 };
const ALL = { from: { after: 0 }, maxRecords: 100, maxBytes: 1_000_000 };
/** What a record costs beside its bytes. */
const RECORD_BYTES = 256;

interface BrokerRig {
  readonly broker: MemoryBroker;
  readonly runtime: VirtualRuntime;
  /** Publishes by a publisher, or kept, or both; gives the receipt. */
  readonly publish: (
    key: string,
    options?: { publisher?: string; counter?: number; keep?: KeepPolicy; bytes?: number },
  ) => ReturnType<MemoryBroker['publish']>;
}

/** Lets `act` try a limit of a broker; what it throws is what came of it. */
async function onBroker(
  limits: Partial<Record<keyof typeof MEMORY_BROKER_LIMITS, number>>,
  act: (rig: BrokerRig) => Promise<Outcome>,
): Promise<Outcome> {
  const runtime = new VirtualRuntime();
  const broker = new MemoryBroker({ runtime, limits });
  const rig: BrokerRig = {
    broker,
    runtime,
    publish: (key, { publisher, counter = 1, keep, bytes = 0 } = {}) =>
      broker.publish(
        { key, keep },
        {
          publishId: publisher === undefined ? undefined : { publisher, counter },
          encoding: ENCODING.BYTES,
          layoutHash: '0'.repeat(16),
          bytes: new Uint8Array(bytes),
        },
      ),
  };
  const outcome = await act(rig).catch((error: unknown): Outcome => {
    if (!(error instanceof TrunklineError)) throw error;
    return { kind: 'error', code: error.code as ErrorCode };
  });
  await rig.publish('afterwards');
  await broker.close();
  if (runtime.timers > 0) throw new Error(`${runtime.timers} timers are left`);
  return outcome;
}

/** Publishes one after the other, each as it is told. */
const publishAll = (
  amount: number,
  limits: Parameters<typeof onBroker>[0],
  of: (n: number) => { key: string; publisher: string },
) =>
  onBroker(limits, async ({ publish }) => {
    for (let n = 0; n < amount; n++) {
      const { key, publisher } = of(n);
      await publish(key, { publisher });
    }
    return 'works';
  });

/** Drivers of the limits of the memory broker. */
export const BROKER_DRIVERS: Drivers = {
  publishers: {
    value: 3,
    drive: (amount, limit) =>
      publishAll(amount, { publishers: limit }, (n) => ({ key: 'k', publisher: `p${n}` })),
  },
  publisherTopics: {
    value: 3,
    atDefault: true,
    drive: (amount, limit) =>
      publishAll(amount, { publisherTopics: limit }, (n) => ({ key: `k${n}`, publisher: 'p' })),
  },
  publishIds: {
    value: 3,
    drive: (amount, limit) =>
      publishAll(amount, { publishIds: limit }, (n) => ({ key: `k${n}`, publisher: `p${n}` })),
  },
  publisherMs: {
    isReached: true,
    drive: (amount, limit) =>
      onBroker({ publisherMs: limit }, async ({ publish, runtime }) => {
        await publish('k', { publisher: 'p' });
        await runtime.advance(amount);
        const { duplicate } = await publish('k', { publisher: 'p' });
        return duplicate ? 'works' : HELD;
      }),
  },
  keptTopics: {
    value: 3,
    drive: (amount, limit) =>
      onBroker({ keptTopics: limit }, async ({ publish, broker }) => {
        for (let n = 0; n < amount; n++) await publish(`k${n}`, { keep: KEEP });
        const { records } = await broker.history({ key: 'k0', keep: KEEP }, ALL);
        return records.length === 1 ? 'works' : HELD;
      }),
  },
  keptBytes: {
    value: 1_000,
    drive: (amount, limit) =>
      onBroker({ keptBytes: limit }, async ({ publish, broker }) => {
        await publish('k0', { keep: KEEP, bytes: 100 });
        await publish('k1', { keep: KEEP, bytes: amount - 100 - RECORD_BYTES * 2 });
        const { records } = await broker.history({ key: 'k0', keep: KEEP }, ALL);
        return records.length === 1 ? 'works' : HELD;
      }),
  },
  idleTopics: {
    value: 3,
    drive: (amount, limit) =>
      onBroker({ idleTopics: limit }, async ({ publish, broker }) => {
        const { epoch } = await publish('k0');
        for (let n = 1; n < amount; n++) await publish(`k${n}`);
        const { top } = await broker.history({ key: 'k0', keep: undefined }, ALL);
        return top.epoch === epoch ? 'works' : HELD;
      }),
  },
  sweepMs: {
    isReached: true,
    drive: (amount, limit) =>
      onBroker({ sweepMs: limit }, async ({ publish, runtime }) => {
        await publish('k', { keep: { ...KEEP, ageMs: 1 } });
        await runtime.advance(amount);
        // It sweeps as long as there is anything to free.
        return runtime.timers > 0 ? 'works' : HELD;
      }),
  },
};
