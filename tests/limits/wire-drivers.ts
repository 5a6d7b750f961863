import { encodeBatch, FULL_CODEC, resolveLimits, WIRE_LIMITS, Writer } from '@trunkline/protocol';
import type { ChunkMessage, Message, WireLimits } from '@trunkline/protocol';
import { sizeOf } from '../../packages/protocol/src/message-encoder.js';
import { BulkWindow } from '../../packages/protocol/src/session/bulk-window.js';
import { Outbox } from '../../packages/protocol/src/session/outbox.js';
import { bytesCall, chunksOf } from './chunks.js';
import { HELD, type Drivers, type Outcome } from './driver.js';
import { outcomeOf, speakFor, times, withPeer } from './limit-host.js';
import { batchOf, resultOf, WireRig } from './wire-rig.js';

const ENVELOPE = sizeOf(resultOf(0, 0));

const worksIf = (holds: boolean): Outcome => (holds ? 'works' : HELD);

/** Lets `act` try a limit on a link of its own. */
async function onLink(
  limits: Partial<WireLimits>,
  act: (rig: WireRig) => Promise<Outcome>,
): Promise<Outcome> {
  const rig = new WireRig(limits);
  const outcome = await act(rig);
  rig.stop();
  return outcome;
}

/** Lets time pass on a link whose peer says nothing. */
const silence = (limits: Partial<WireLimits>, ms: number, isBusy: boolean) =>
  onLink(limits, async (rig) => {
    rig.isBusy = isBusy;
    rig.link.flush();
    await rig.send(resultOf(0, 0));
    await rig.deliver({ ack: 1 });
    await rig.runtime.advance(ms);
    if (rig.ended !== undefined) return rig.outcome;
    return worksIf(!rig.messages.some(({ kind }) => kind === 'PING'));
  });

/** The same, where only the end counts. */
async function untilDead(limits: Partial<WireLimits>, ms: number, isBusy: boolean) {
  const outcome = await silence(limits, ms, isBusy);
  return outcome === HELD ? 'works' : outcome;
}

/** A large message of one more byte of encoding gets another chunk. */
function resultOfEncoded(size: number): Message {
  for (let payload = size - 40; payload <= size; payload++) {
    const message = resultOf(0, payload);
    if (encodeBatch(new Writer(), { seq: 1 }, [message]).length - 3 === size) return message;
  }
  throw new RangeError(`no message has ${size} bytes`);
}

function outboxWith(limits: Partial<WireLimits>): Outbox {
  const outbox = new Outbox({
    limits: resolveLimits(WIRE_LIMITS, limits),
    side: 'server',
    encodeBody: FULL_CODEC.encodeBody,
    stamp: () => undefined,
  });
  outbox.cuts = true;
  return outbox;
}

const ROOM = { bytes: 65_536, numbers: 100, bulkBytes: 1_000_000, chunks: 1, tx: 0 };

/** A window that has measured one batch of chunks. */
function measured(limits: Partial<WireLimits>, bytes: number, ms: number): BulkWindow {
  const window = new BulkWindow(resolveLimits(WIRE_LIMITS, limits));
  window.wrote(1, bytes, 0);
  window.acknowledged(1, ms);
  return window;
}

const CHUNK = 1_024;
const TRIP_MS = 10;

/** Drivers of the limits that hold for every link. */
export const WIRE_DRIVERS: Drivers = {
  batchBytes: {
    value: 2_000,
    atDefault: true,
    drive: (amount, limit) =>
      withPeer({ batchBytes: limit }, async ({ peer }) => {
        peer.tx++;
        const batch = batchOf(amount, (payload) => bytesCall(0, 0, payload));
        // The number of the call: BIND was the first.
        batch.set([2, 0], 1);
        await peer.bytes(batch);
        return outcomeOf(peer);
      }),
  },
  batchCloseBytes: {
    atDefault: true,
    value: 2_000,
    drive: (amount, limit) =>
      onLink({ batchCloseBytes: limit }, async (rig) => {
        await rig.send(resultOf(0, 500), resultOf(2, amount - 500 - ENVELOPE * 2));
        return worksIf(rig.batches.length === 1);
      }),
  },
  writeAheadBytes: {
    isReached: true,
    drive: (amount, limit) =>
      onLink({ writeAheadBytes: limit }, async (rig) => {
        rig.buffered = amount;
        await rig.send(resultOf(0, 0));
        const outcome = worksIf(rig.numbered === 1);
        rig.buffered = 0;
        rig.link.writable();
        await rig.runtime.settle();
        return rig.numbered === 1 ? outcome : { kind: 'cut' };
      }),
  },
  unackedMessages: {
    value: 100,
    atDefault: true,
    drive: (amount, limit) =>
      onLink({ unackedMessages: limit }, async (rig) => {
        await rig.send(...times(amount, (n) => resultOf(n * 2, 0)));
        const outcome = worksIf(rig.numbered === amount);
        await rig.deliver({ ack: rig.numbered & 0xffff });
        return rig.numbered === amount ? outcome : { kind: 'cut' };
      }),
  },
  unackedBytes: {
    value: 1_000,
    atDefault: true,
    isReached: true,
    drive: (amount, limit) =>
      onLink({ unackedBytes: limit }, async (rig) => {
        await rig.send(resultOf(0, amount));
        await rig.send(resultOf(2, 0));
        const outcome = worksIf(rig.numbered === 2);
        await rig.deliver({ ack: 1 });
        return rig.numbered === 2 ? outcome : { kind: 'cut' };
      }),
  },
  ackMessages: {
    isReached: true,
    drive: (amount, limit) =>
      onLink({ ackMessages: limit }, async (rig) => {
        await rig.deliver({ seq: 1 }, ...times(amount, (n) => bytesCall(n * 2, 0, 0)));
        return worksIf(!rig.hasAcknowledged);
      }),
  },
  ackBytes: {
    value: 1_000,
    atDefault: true,
    isReached: true,
    drive: (amount, limit) =>
      onLink({ ackBytes: limit }, async (rig) => {
        await rig.deliverBytes(batchOf(amount, (payload) => bytesCall(0, 0, payload)));
        return worksIf(!rig.hasAcknowledged);
      }),
  },
  ackDelayMs: {
    isReached: true,
    drive: (amount, limit) =>
      onLink({ ackDelayMs: limit }, async (rig) => {
        await rig.deliver({ seq: 1 }, bytesCall(0, 0, 0));
        await rig.runtime.advance(amount);
        return worksIf(!rig.hasAcknowledged);
      }),
  },
  cutBytes: {
    value: 2_000,
    atDefault: true,
    drive: (amount, limit) =>
      onLink({ cutBytes: limit }, async (rig) => {
        rig.link.allowChunks();
        await rig.send(resultOf(0, amount));
        return worksIf(rig.messages.every(({ kind }) => kind !== 'CHUNK'));
      }),
  },
  chunkBytes: {
    value: 2_000,
    atDefault: true,
    drive: (amount, limit) =>
      onLink({ cutBytes: 1_000, chunkBytes: limit }, async (rig) => {
        rig.link.allowChunks();
        await rig.send(resultOfEncoded(amount));
        return worksIf(rig.messages.length === 1);
      }),
  },
  bulkTurnBytes: {
    value: 2_000,
    isReached: true,
    drive: async (amount, limit) => {
      const outbox = outboxWith({ bulkTurnBytes: limit });
      outbox.push(resultOf(0, 200_000));
      outbox.take(ROOM);
      outbox.push(resultOf(2, amount - ENVELOPE));
      outbox.take({ ...ROOM, bytes: 1_000_000, chunks: 0 });
      outbox.push(resultOf(4, 0));
      const [first] = outbox.take(ROOM);
      return worksIf((first as Message).kind === 'RESULT');
    },
  },
  windowStartBytes: {
    drive: async (amount, limit) => {
      const window = new BulkWindow(resolveLimits(WIRE_LIMITS, { windowStartBytes: limit }));
      return worksIf(window.room >= amount);
    },
  },
  windowMinBytes: {
    drive: async (amount, limit) =>
      worksIf(measured({ windowMinBytes: limit }, 16_384, 1_000).room >= amount),
  },
  windowMaxBytes: {
    drive: async (amount, limit) =>
      worksIf(measured({ windowMaxBytes: limit }, 1_048_576, 1).room >= amount),
  },
  windowAheadMs: {
    drive: async (amount, limit) => {
      const limits = { windowAheadMs: limit, chunkBytes: CHUNK, windowMinBytes: CHUNK };
      const window = measured(limits, TRIP_MS * CHUNK, TRIP_MS);
      return worksIf(window.room >= (TRIP_MS + amount) * CHUNK);
    },
  },
  assemblyDownBytes: {
    value: 100_000,
    drive: async (amount, limit) => {
      const outbox = outboxWith({ assemblyDownBytes: limit });
      outbox.push(resultOf(0, 50_000));
      outbox.push(resultOf(2, amount - 50_000 - ENVELOPE * 2));
      const taken = [...outbox.take(ROOM), ...outbox.take(ROOM)] as Message[];
      const transfers = taken.map((message) => 'transfer' in message && message.transfer);
      return worksIf(transfers.includes(1));
    },
  },
  transfers: {
    value: 4,
    atDefault: true,
    drive: (amount, limit) =>
      withPeer({ transfers: limit }, async ({ peer }) => {
        for (let n = 0; n < amount && peer.closed === undefined; n++) {
          const [whole] = chunksOf(n, bytesCall(n * 2, 0, 100));
          const { bytes } = whole as ChunkMessage;
          await peer.send({
            ...(whole as ChunkMessage),
            isLast: false,
            bytes: bytes.subarray(0, 50),
          });
        }
        return outcomeOf(peer);
      }),
  },
  chunkPauseMs: {
    drive: (amount, limit) =>
      withPeer({ chunkPauseMs: limit }, async (rig) => {
        const [first] = chunksOf(0, bytesCall(0, 0, 20_000));
        await rig.peer.send(first as Message);
        await speakFor(rig, amount);
        return outcomeOf(rig.peer);
      }),
  },
  idleMs: { isReached: true, drive: (ms, limit) => silence({ idleMs: limit }, ms, false) },
  deadMs: { isReached: true, drive: (ms, limit) => untilDead({ deadMs: limit }, ms, false) },
  busyIdleMs: { isReached: true, drive: (ms, limit) => silence({ busyIdleMs: limit }, ms, true) },
  busyDeadMs: { isReached: true, drive: (ms, limit) => untilDead({ busyDeadMs: limit }, ms, true) },
  stalledMs: {
    isReached: true,
    drive: (amount, limit) =>
      onLink({ stalledMs: limit, writeAheadBytes: 1_000 }, async (rig) => {
        rig.buffered = 1_000;
        await rig.send(resultOf(0, 0));
        await rig.runtime.advance(amount);
        return rig.outcome;
      }),
  },
  outboxMaxMessages: {
    value: 10,
    atDefault: true,
    drive: (amount, limit) =>
      onLink({ outboxMaxMessages: limit }, async (rig) => {
        rig.buffered = WIRE_LIMITS.writeAheadBytes.value;
        await rig.send(...times(amount, (n) => resultOf(n * 2, 0)));
        return rig.outcome;
      }),
  },
  outboxMaxBytes: {
    value: 10_000,
    atDefault: true,
    drive: (amount, limit) =>
      onLink({ outboxMaxBytes: limit }, async (rig) => {
        rig.buffered = WIRE_LIMITS.writeAheadBytes.value;
        await rig.send(resultOf(0, amount - ENVELOPE));
        return rig.outcome;
      }),
  },
};
