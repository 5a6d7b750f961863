import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { optionFaults } from './member-options.js';

describe('optionFaults', () => {
  it('allows every option with a good value', () => {
    const procedure = {
      description: 'Does.',
      deprecated: 'other',
      since: '1.0',
      input: z.string(),
      output: z.string(),
      errors: { GONE: z.string() },
      deadlineMs: 1,
      maxInputBytes: 1,
      maxOutputBytes: 1,
    };
    const topic = {
      deprecated: true,
      params: z.object({}),
      message: z.string(),
      publish: 'client',
      public: true,
      keep: { count: 1, ageMs: 1, bytes: 1 },
      delivery: { latest: ['a', 'b'], maxPerSecond: 0.5 },
      slow: 'close',
      snapshot: 'board',
      rate: { perSecond: 0.1, burst: 3 },
      cost: 0,
    };
    const price = { rate: '60/s', cost: 2.5 };
    expect(optionFaults('call', { ...procedure, ...price, idempotent: true })).toEqual([]);
    const ways = { up: z.int(), down: z.int() };
    expect(optionFaults('stream', { ...procedure, ...price, ...ways })).toEqual([]);
    expect(optionFaults('topic', topic)).toEqual([]);
    expect(optionFaults('topic', { delivery: 'every', slow: { conflate: true } })).toEqual([]);
    expect(optionFaults('topic', { delivery: { latest: true, maxPerSecond: undefined } })).toEqual(
      [],
    );
    expect(optionFaults('contract', { description: 'All.' })).toEqual([]);
  });

  it('takes undefined for an option that was left out', () => {
    expect(optionFaults('call', { input: undefined, nonsense: undefined })).toEqual([]);
  });

  it.each([
    [
      'call',
      { inputs: z.string() },
      'unknown option "inputs": expected description, deprecated, since, input, output, errors, deadlineMs, maxInputBytes, maxOutputBytes, rate, cost, idempotent',
    ],
    [
      'stream',
      { idempotent: true },
      'unknown option "idempotent": expected description, deprecated, since, input, output, errors, deadlineMs, maxInputBytes, maxOutputBytes, rate, cost, up, down',
    ],
    ['call', { deadlineMs: 0 }, 'option "deadlineMs": expected a whole number above 0, got 0'],
    [
      'call',
      { maxInputBytes: 1.5 },
      'option "maxInputBytes": expected a whole number above 0, got 1.5',
    ],
    ['call', { idempotent: 'yes' }, 'option "idempotent": expected true or false, got "yes"'],
    ['call', { description: ' ' }, 'option "description": expected a text, got " "'],
    ['call', { deprecated: false }, 'option "deprecated": expected a text, got false'],
    ['call', { input: 'string' }, 'option "input": expected a schema of zod 4, got "string"'],
    [
      'call',
      { input: { _def: {} } },
      'option "input": expected a schema of zod 4, got one of an older zod',
    ],
    ['call', { errors: z.string() }, 'option "errors": expected an object of schemas by code'],
    [
      'topic',
      { publish: 'everybody' },
      'option "publish": expected "server" or "client", got "everybody"',
    ],
    [
      'topic',
      { slow: 'drop' },
      'option "slow": expected "gap", "conflate", "close" or { conflate: "id" }, got "drop"',
    ],
    [
      'topic',
      { slow: { conflate: [] } },
      'option "slow": option "conflate": expected the name of a field, a list of names, or true, got an object',
    ],
    [
      'topic',
      { delivery: 'latest' },
      'option "delivery": expected "every" or an object such as { latest: "id" }, got "latest"',
    ],
    [
      'topic',
      { delivery: { latest: 'id', maxPerSecond: 0 } },
      'option "delivery": option "maxPerSecond": expected a number above 0 and up to 1000, got 0',
    ],
    [
      'topic',
      { delivery: { latest: 'id', rate: 2 } },
      'option "delivery": unknown option "rate": expected latest, maxPerSecond',
    ],
    ['topic', { snapshot: '' }, 'option "snapshot": expected a text, got ""'],
    [
      'topic',
      { keep: true },
      'option "keep": expected an object such as { count: 1000 }, got true',
    ],
    [
      'topic',
      { keep: { count: -1 } },
      'option "keep": option "count": expected a whole number above 0, got -1',
    ],
    [
      'topic',
      { keep: { size: 1 } },
      'option "keep": unknown option "size": expected count, ageMs, bytes',
    ],
  ] as const)('refuses in a %s %j', (kind, options, fault) => {
    expect(optionFaults(kind, options)).toEqual([fault]);
  });
});
