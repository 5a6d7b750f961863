import { describe, expect, it } from 'vitest';
import { runSuiteWithFault, type PlantedFault } from '../../support/planted-fault.js';

const PROTOCOL = 'packages/protocol/src';

const FAULTS: readonly (PlantedFault & { readonly suite: string })[] = [
  {
    name: 'varints may be longer than their shortest form',
    suite: 'batch',
    file: `${PROTOCOL}/bytes/reader.ts`,
    find: 'if ((byte === 0 && index > 0) || value > Number.MAX_SAFE_INTEGER) break;',
    replace: '',
  },
  {
    name: 'an idempotency key is read and not written',
    suite: 'batch',
    file: `${PROTOCOL}/ext.ts`,
    find: `if (fields.idempotencyKey !== undefined) {
    writer.u8`,
    replace: `if (fields.idempotencyKey === fields) {
    writer.u8`,
  },
  {
    name: 'text that is no UTF-8 throws',
    suite: 'batch',
    file: `${PROTOCOL}/bytes/reader.ts`,
    find: `    } catch {
      this.fail('BAD_TEXT');`,
    replace: `    } catch (error) {
      if (size > 2) throw error;
      this.fail('BAD_TEXT');`,
  },
  {
    name: 'binaries are views of the batch',
    suite: 'superjson',
    file: `${PROTOCOL}/payload/gate.ts`,
    find: 'return new Uint8Array(binary);',
    replace: 'return binary;',
  },
  {
    name: 'keys of prototypes are taken',
    suite: 'superjson',
    file: `${PROTOCOL}/payload/gate.ts`,
    find: "if (UNSAFE_KEYS.has(key)) this.#fail('a key that is refused');",
    replace: '',
  },
  {
    name: 'a count sets memory aside before its values are there',
    suite: 'packed',
    file: `${PROTOCOL}/payload/packed/pack-reader.ts`,
    find: 'if (count > this.#end - this.#position) {',
    replace: `new Array(Math.min(count, 2 ** 24)).fill(0);
      if (count > this.#end - this.#position) {`,
  },
  {
    name: 'a text may end within a pair of surrogates',
    suite: 'packed',
    file: `${PROTOCOL}/payload/packed/pack-reader.ts`,
    find: "if (!this.#isAscii && (this.#text.charCodeAt(to) & 0xfc00) === 0xdc00) this.fail('cut text');",
    replace: '',
  },
  {
    name: 'the announced size is set aside',
    suite: 'chunks',
    file: `${PROTOCOL}/session/assembler.ts`,
    find: 'Math.max(START_BYTES, needed * GROWTH)',
    replace: 'transfer.size',
  },
  {
    name: 'an aborted transfer keeps its memory',
    suite: 'chunks',
    file: `${PROTOCOL}/session/assembler.ts`,
    find: 'this.#heldBytes -= transfer.counted;',
    replace: '',
  },
];

describe('the hostile inputs', () => {
  const named = FAULTS.map((fault) => [fault.name, fault] as const);
  it.each(named)('find that %s', { timeout: 120_000 }, async (_name, { suite, ...fault }) => {
    const report = await runSuiteWithFault(fault, `tests/fuzz/structured/${suite}.test.ts`, {
      env: { TRUNKLINE_FUZZ_INPUTS: '60000', TRUNKLINE_SEED: '1' },
    });
    expect(report.failed).toHaveLength(1);
    expect(report.messages).toContain(`again: npm run fuzz -- --target ${suite} --seed 1`);
  });
});
