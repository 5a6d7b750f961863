import { describe, expect, it } from 'vitest';
import { runSuiteWithFault, type PlantedFault } from '../support/planted-fault.js';

type SuiteFault = Omit<PlantedFault, 'file'>;

/** Faults of one file each, and the model that must find them. */
const FAULTS: readonly (readonly [suite: string, file: string, ...faults: SuiteFault[]])[] = [
  [
    'tests/model/credit.test.ts',
    'packages/protocol/src/credit.ts',
    {
      name: 'totals may shrink',
      find: 'this.#grantedItems = Math.max(this.#grantedItems, this.#takenItems + this.#items);',
      replace: 'this.#grantedItems = this.#takenItems + this.#items;',
    },
    {
      name: 'bytes alone never make a grant due',
      find: '(this.#takenBytes + this.#bytes - this.#grantedBytes) * 2 >= this.#bytes',
      replace: 'false',
    },
    {
      name: 'bytes are spent and not counted',
      find: 'this.#sentBytes += bytes;',
      replace: '',
    },
  ],
  [
    'tests/model/topic-feed.test.ts',
    'packages/client/src/topics/topic-feed.ts',
    {
      name: 'a message that was given does not move the place',
      find: `    const { epoch } = this.#place;
    this.#place = { epoch, offset };`,
      replace: '    const { epoch } = this.#place;',
    },
    {
      name: 'an older need is not asked for',
      find: 'if (isOlder(subscriber.need, this.#place)) return this.#askAnew();',
      replace: '',
    },
    {
      name: 'a gap is told to nobody',
      find: 'for (const subscriber of this.#subscribers) subscriber.gap(gapOf(gap));',
      replace: '',
    },
  ],
  [
    'tests/model/topic-queue.test.ts',
    'packages/client/src/topics/topic-queue.ts',
    {
      name: 'what is dropped is not told',
      find: 'this.#drop(this.#take() as TopicEntry);',
      replace: 'this.#take();',
    },
    {
      name: 'a gap forgets what was dropped before',
      find: "{ ...before, to: gap.to, reason: 'slow' }",
      replace: "{ ...gap, reason: 'slow' }",
    },
    {
      name: 'the limit of messages is not kept',
      find: 'this.#entries.length > subscriptionMessages || ',
      replace: '',
    },
  ],
  [
    'tests/model/link.test.ts',
    'packages/protocol/src/session/link-writer.ts',
    {
      name: 'nothing is kept for another connection',
      find: 'if (!isReplay) this.#unacked.push(message);',
      replace: '',
    },
    {
      name: 'numbers are given without bound',
      find: 'const numbers = mayNumber ? unackedMessages - unacked : 0;',
      replace: 'const numbers = mayNumber ? unackedMessages : 0;',
    },
  ],
  [
    'tests/model/link.test.ts',
    'packages/protocol/src/session/positions.ts',
    {
      name: 'a resumed session begins where it broke off',
      find: `    this.sent = peerRx;
    // It is told`,
      replace: `    this.sent = this.tx;
    // It is told`,
    },
  ],
  [
    'tests/model/link.test.ts',
    'packages/protocol/src/session/bulk.ts',
    {
      name: 'what stays behind a large message of its call passes it',
      find: 'if (lane !== undefined) lane.entries.push(entry);',
      replace: 'if (lane !== undefined) lane.entries.splice(1, 0, entry);',
    },
  ],
  [
    'tests/model/streams.test.ts',
    'packages/server/src/calls/item-queue.ts',
    {
      name: 'a caller is never granted more',
      find: 'if (totals !== undefined) this.#options.grant(totals);',
      replace: '',
    },
    {
      name: 'items are given newest first',
      find: 'const item = this.#items.shift();',
      replace: 'const item = this.#items.pop();',
    },
  ],
  [
    'tests/model/streams.test.ts',
    'packages/server/src/calls/stream-run.ts',
    {
      name: 'credit wakes nobody',
      find: 'if (this.#credit.isOpen) this.#wake?.();',
      replace: '',
    },
    {
      name: 'items are sent without credit',
      find: 'if (!this.#credit.isOpen || this.#waitsForRoom) return this.#woken();',
      replace: 'if (this.#waitsForRoom) return this.#woken();',
    },
  ],
];

const named = FAULTS.flatMap(([suite, file, ...faults]) =>
  faults.map((fault) => [fault.name, suite, { ...fault, file }] as const),
);

describe('the models', () => {
  it.each(named)('find that %s', { timeout: 120_000 }, async (_name, suite, fault) => {
    const env = { TRUNKLINE_SEED: '1', TRUNKLINE_MODEL_RUNS: '1000' };
    const report = await runSuiteWithFault(fault, suite, { env, timeoutMs: 100_000 });
    expect(report.failed).not.toEqual([]);
    // It is the model that says so, with the steps that lead there.
    expect(report.messages).toContain('Counterexample');
  });
});
