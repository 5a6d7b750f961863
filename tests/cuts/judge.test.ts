import { TrunklineError } from '@trunkline/protocol';
import { describe, expect, it } from 'vitest';
import { judge } from './judge.js';
import { Ledger } from './ledger.js';
import type { Scenario } from './scenario.js';

const SCENARIO: Scenario = { name: 'test', play: async () => {} };
const TERMS = { scenario: SCENARIO, isLost: false };
const now = (): number => 0;
const { signal } = new AbortController();

async function settled(...outcomes: [key: string, promise: Promise<unknown>][]): Promise<Ledger> {
  const ledger = new Ledger(now);
  for (const [key, promise] of outcomes) await ledger.settles(key, promise);
  return ledger;
}

describe('judge', () => {
  it('finds nothing where all is as without a cut', async () => {
    const [one, other] = [await settled(['a', Promise.resolve(1)]), await settled()];
    other.outcomes.set('a', { value: 1 });
    expect(judge(one, { ...TERMS, uncut: other })).toEqual([]);
  });

  it('finds a handler that was started twice', () => {
    const ledger = new Ledger(now);
    ledger.started('a', signal);
    ledger.started('a', signal);
    expect(judge(ledger, { ...TERMS, uncut: ledger })).toEqual([
      'the handler of "a" was started 2 times',
    ]);
  });

  it('finds a handler that was started for a call that says it was not', () => {
    const ledger = new Ledger(now);
    ledger.started('a', signal);
    ledger.outcomes.set('a', { code: 'BUSY', executed: 'no' });
    expect(judge(ledger, { ...TERMS, uncut: ledger })).toHaveLength(1);
  });

  it('finds what was never settled, what came out otherwise, and a second settlement', async () => {
    const uncut = await settled(['a', Promise.resolve(1)], ['b', Promise.resolve(2)]);
    const ledger = await settled(['b', Promise.resolve(3)], ['b', Promise.resolve(3)]);
    expect(judge(ledger, { ...TERMS, uncut: uncut })).toEqual([
      '"a" was never settled',
      '"b" came to {"value":3}, not {"value":2}',
    ]);
    expect(ledger.faults).toEqual(['"b" was settled twice']);
  });

  it('takes what a race allows', async () => {
    const uncut = await settled(['a', Promise.resolve(1)]);
    const ledger = await settled(['a', Promise.resolve(2)]);
    const races = { a: () => true };
    expect(judge(ledger, { scenario: { ...SCENARIO, races }, uncut, isLost: false })).toEqual([]);
  });

  it.each([[[0, 2]], [[0, 1, 1, 2]], [[1, 0, 2]]])(
    'finds that %j are not all items',
    async (items) => {
      const [uncut, ledger] = [await settled(), await settled(['a', Promise.resolve()])];
      for (const item of [0, 1, 2]) uncut.item('a', item);
      for (const item of items) ledger.item('a', item);
      expect(judge(ledger, { ...TERMS, uncut: uncut })).toHaveLength(1);
    },
  );

  it('finds a topic message that is missing, twice or out of order', () => {
    for (const given of [['a'], ['a', 'b', 'b'], ['b', 'a']]) {
      const ledger = new Ledger(now);
      ledger.placed('room', 2, 'b');
      ledger.placed('room', 1, 'a');
      for (const text of given) ledger.item('room', text);
      expect(judge(ledger, { ...TERMS, uncut: new Ledger(now) })).not.toEqual([]);
    }
  });

  it('finds an aborted handler, unless the session was lost', () => {
    const ledger = new Ledger(now);
    ledger.started('a', AbortSignal.abort());
    const terms = { ...TERMS, uncut: new Ledger(now) };
    expect(judge(ledger, terms)).toEqual(['the handler of "a" was aborted']);
    expect(judge(ledger, { ...terms, isLost: true })).toEqual([]);
  });

  it('takes the loss of a session for an answer where it was lost', async () => {
    const lost = new TrunklineError('STREAM_LOST', 'lost', { data: { items: 1 } });
    const uncut = await settled(['a', Promise.resolve(1)]);
    const ledger = await settled(['a', Promise.reject(lost)]);
    expect(judge(ledger, { ...TERMS, uncut })).toHaveLength(1);
    expect(judge(ledger, { ...TERMS, uncut, isLost: true })).toHaveLength(1);
    ledger.item('a', 0);
    expect(judge(ledger, { ...TERMS, uncut, isLost: true })).toEqual([]);
  });

  it('finds what has settled too late', async () => {
    const ledger = new Ledger(() => 501);
    await ledger.settles('a', Promise.resolve());
    const scenario = { ...SCENARIO, dueMs: { a: 500 } };
    expect(judge(ledger, { scenario, uncut: ledger, isLost: false })).toHaveLength(1);
  });
});
