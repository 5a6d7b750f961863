import { call, contract } from '@trunkline/contract';
import { ENCODING, type CallMessage } from '@trunkline/protocol';
import { VirtualRuntime } from '@trunkline/protocol/testing';
import { describe, expect, it } from 'vitest';
import { bindProcedure } from '../routes/bound-procedure.js';
import { CallQuota } from './call-quota.js';
import { implement } from '../routes/implement.js';
import { resolveServerLimits } from '../limits/limits.js';
import type { Service } from '../routes/route.js';
import { Session } from '../session.js';

const NO_HASH = '0'.repeat(16);
const MESSAGE: CallMessage = {
  kind: 'CALL',
  id: 0,
  procedure: 0,
  encoding: ENCODING.NONE,
  bytes: new Uint8Array(0),
};

function openQuota() {
  const runtime = new VirtualRuntime();
  const limits = resolveServerLimits({ callsInFlight: 2 });
  const service = implement(contract('shop', { look: call() }), {
    look: () => undefined,
  }) as unknown as Service;
  const link = { waitingBytes: 0, heardAt: 1 };
  const session = new Session({
    runtime,
    limits,
    identity: undefined,
    connection: {} as never,
    id: undefined,
  });
  const quota = new CallQuota({ session, limits, runtime, rates: undefined, link });
  const hashes = { sendHash: NO_HASH, receiveHash: NO_HASH };
  const bind = { kind: 'BIND', procedure: 0, procedureKind: 'call', name: 'shop.look' } as const;
  const bound = bindProcedure({ ...bind, ...hashes }, service.routes[0], true);
  /** Answers one at once, if it may run. */
  const answer = (): string => {
    const refusal = quota.refusal(MESSAGE, bound);
    if (refusal === undefined) quota.noteAnswered();
    return refusal?.code ?? 'runs';
  };
  return { runtime, link, answer };
}

describe('calls that are answered at once', () => {
  it('are no more in one batch than may be in flight', async () => {
    const { runtime, answer } = openQuota();
    expect([answer(), answer(), answer()]).toEqual(['runs', 'runs', 'BUSY']);
    await runtime.settle();
    expect(answer()).toBe('runs');
    await runtime.settle();
  });

  it('may be more in a turn that is long enough for several batches, four times as many', async () => {
    const { runtime, link, answer } = openQuota();
    for (let batch = 1; batch <= 4; batch++) {
      link.heardAt = batch;
      expect([answer(), answer()]).toEqual(['runs', 'runs']);
    }
    link.heardAt = 5;
    expect(answer()).toBe('BUSY');
    await runtime.settle();
    expect(answer()).toBe('runs');
    await runtime.settle();
  });
});
