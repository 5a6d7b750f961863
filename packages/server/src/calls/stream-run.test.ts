import { ENCODING, type EndMessage, type ItemMessage } from '@trunkline/protocol';
import { VirtualRuntime } from '@trunkline/protocol/testing';
import { expect, it } from 'vitest';
import { StreamRun } from './stream-run.js';
import { TurnBudget } from '../topics/turn-budget.js';

const END: EndMessage = { kind: 'END', id: 0, encoding: ENCODING.NONE, bytes: new Uint8Array(0) };

function start(count: number, turnBytes = 1e6) {
  const runtime = new VirtualRuntime();
  const sent: ItemMessage[] = [];
  let given = 0;
  const next = (): ItemMessage | EndMessage => {
    if (given === count) return END;
    given++;
    return { kind: 'ITEM', id: 0, encoding: ENCODING.BYTES, bytes: new Uint8Array(10) };
  };
  const run = new StreamRun({
    replies: { next, stop: () => Promise.resolve() },
    turn: new TurnBudget(runtime, turnBytes),
    credit: { items: 5, bytes: 1_000 },
    ahead: { items: 1_000, bytes: 1e6 },
    send: (item) => void sent.push(item),
    hasRoom: () => true,
  });
  return { runtime, run, sent };
}

it('items that are given at once leave together, as far as the credit goes', async () => {
  const { run, sent } = start(20);
  expect(sent).toHaveLength(5);
  run.raise(15, 10_000);
  await Promise.resolve();
  expect(sent).toHaveLength(15);
  run.raise(100, 10_000);
  expect(await run.done).toBe(END);
  expect(sent).toHaveLength(20);
});

it('items that are given at once let the turn end when it has had its bytes', async () => {
  const { runtime, run, sent } = start(20, 600);
  run.raise(100, 10_000);
  await Promise.resolve();
  expect(sent).toHaveLength(3);
  await runtime.settle();
  expect(await run.done).toBe(END);
  expect(sent).toHaveLength(20);
});
