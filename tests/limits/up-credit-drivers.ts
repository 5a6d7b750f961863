import { ENCODING, type CreditWindow } from '@trunkline/protocol';
import { VirtualRuntime } from '@trunkline/protocol/testing';
import { resolveServerLimits } from '../../packages/server/src/limits/limits.js';
import type { ItemQueue } from '../../packages/server/src/calls/item-queue.js';
import { UpCredit } from '../../packages/server/src/calls/up-credit.js';
import { HELD, type Drivers, type Outcome } from './driver.js';
import type { Lowered } from './limit-host.js';

const ROUNDS = 60;

/**
 * A caller sends all that it may, and a handler takes it at once over a long link, so that the window
 * grows to its end. Gives what may be on its way then.
 */
async function grownWindow(limits: Lowered, itemBytes: number): Promise<CreditWindow> {
  const runtime = new VirtualRuntime();
  const credit = new UpCredit(runtime, resolveServerLimits(limits));
  const item = { encoding: ENCODING.BYTES, bytes: new Uint8Array(itemBytes) };
  const { upCreditItems: items = 16, upCreditBytes: bytes = 16_384 } = limits;
  let granted: CreditWindow = { items, bytes };
  const queue: ItemQueue = credit.open({
    read: () => undefined,
    grant: (totals) => void (granted = totals),
    stop: () => undefined,
  });
  const iterator = queue[Symbol.asyncIterator]();
  let sent = 0;
  let last = 0;
  for (let round = 0; round < ROUNDS; round++) {
    await runtime.advance(100);
    for (last = 0; sent < granted.items && sent * itemBytes < granted.bytes; last++) {
      if (!queue.push(item)) throw new Error('an item came without credit');
      sent++;
    }
    for (let taken = 0; taken < last; taken++) await iterator.next();
  }
  credit.close(queue);
  if (credit.bytes !== 0) throw new Error(`${credit.bytes} bytes of credit are left`);
  return { items: last, bytes: last * itemBytes };
}

const worksIf = (holds: boolean): Outcome => (holds ? 'works' : HELD);

/** Drivers of the windows of streams to a server, which grow. */
export const UP_CREDIT_DRIVERS: Drivers = {
  upCreditMaxItems: {
    value: 50,
    drive: async (amount, limit) => {
      const { items } = await grownWindow({ upCreditMaxItems: limit }, 1);
      return worksIf(items >= amount);
    },
  },
  upCreditMaxBytes: {
    value: 50,
    drive: async (amount, limit) => {
      const limits = { upCreditItems: 1_000, upCreditBytes: 8, upCreditMaxBytes: limit };
      const { bytes } = await grownWindow(limits, 1);
      return worksIf(bytes >= amount);
    },
  },
};
