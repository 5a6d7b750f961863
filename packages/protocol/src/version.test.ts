import { describe, expect, it } from 'vitest';
import { negotiate, SUBPROTOCOLS } from './version.js';

const SPEAK = { outcome: 'speak', name: 'trunkline.v1.superjson' };
const PACKED = { outcome: 'speak', name: 'trunkline.v1.packed' };
const EXPLAIN = { outcome: 'explain', name: 'trunkline' };
const REFUSE = { outcome: 'refuse' };

describe('negotiate', () => {
  it.each([
    ['its own name', 'trunkline.v1.superjson', SPEAK],
    ['packed, which comes first', 'trunkline.v1.packed, trunkline.v1.superjson', PACKED],
    ['superjson first, as the client likes', 'trunkline.v1.superjson,trunkline.v1.packed', SPEAK],
    ['its own name behind better ones', 'trunkline.v2.packed, trunkline.v1.superjson', SPEAK],
    ['names without spaces', 'trunkline.v1.packed,trunkline.v1.superjson,trunkline', PACKED],
    ['names with tabs', '\ttrunkline.v1.superjson\t,trunkline', SPEAK],
    ['the bare name before its own', 'trunkline, trunkline.v1.superjson', SPEAK],
    ['its own name twice', 'trunkline.v1.superjson,trunkline.v1.superjson', SPEAK],
    ['the bare name', 'trunkline', EXPLAIN],
    ['only other versions and the bare name', 'trunkline.v9.superjson, trunkline', EXPLAIN],
    ['only packed', 'trunkline.v1.packed', PACKED],
    ['other versions', 'trunkline.v2.superjson', REFUSE],
    ['another case', 'Trunkline.v1.Superjson', REFUSE],
    ['a longer name', 'trunkline.v1.superjsonx', REFUSE],
    ['two names joined by a space', 'trunkline trunkline.v1.superjson', REFUSE],
    ['a name of Object.prototype', 'constructor, __proto__, toString', REFUSE],
    ['an empty header', '', REFUSE],
    ['commas only', ',,,', REFUSE],
    ['no header', undefined, REFUSE],
  ])('decides on %s', (_what, header, negotiation) => {
    expect(negotiate(header)).toEqual(negotiation);
  });

  it('speaks no other name than those it is given', () => {
    const spoken = [SUBPROTOCOLS.superjson];
    expect(negotiate('trunkline.v1.packed, trunkline.v1.superjson', spoken)).toEqual(SPEAK);
    expect(negotiate('trunkline.v1.packed', spoken)).toEqual(REFUSE);
    expect(negotiate('trunkline.v1.packed, trunkline', spoken)).toEqual(EXPLAIN);
  });

  it('takes eight names and refuses nine', () => {
    const names = Array.from({ length: 7 }, () => 'x').join(',');
    expect(negotiate(`${names},trunkline.v1.superjson`)).toEqual(SPEAK);
    expect(negotiate(`${names},x,trunkline.v1.superjson`)).toEqual(REFUSE);
  });

  it('takes 256 bytes of names and refuses 257', () => {
    const own = 'trunkline.v1.superjson';
    expect(negotiate(`${own},${'x'.repeat(256 - own.length - 1)}`)).toEqual(SPEAK);
    expect(negotiate(`${own},${'x'.repeat(256 - own.length)}`)).toEqual(REFUSE);
  });
});
