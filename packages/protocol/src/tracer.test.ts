import { expect, it } from 'vitest';
import { readTraceContext } from './tracer.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const PARENT = `00-${TRACE}-${SPAN}-01`;

it.each([PARENT, `00-${TRACE}-${SPAN}-ff`, `01-${TRACE}-${SPAN}-00`, `cc-${TRACE}-${SPAN}-01-x.y`])(
  'reads the trace parent %s',
  (traceParent) => {
    expect(readTraceContext({ traceParent })).toEqual({ traceParent });
  },
);

it.each([
  '',
  '00',
  `00-${TRACE}-${SPAN}`,
  `00-${TRACE}-${SPAN}-0`,
  `00-${TRACE}-${SPAN}-01-`,
  `00-${TRACE}-${SPAN}-01-x`,
  `01-${TRACE}-${SPAN}-01x`,
  `01-${TRACE}-${SPAN}-01-${'x'.repeat(9)}`,
  `01-${TRACE}-${SPAN}-01-\n`,
  `ff-${TRACE}-${SPAN}-01`,
  `0-${TRACE}-${SPAN}-01`,
  `00-${'0'.repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  ` ${PARENT}`,
  `${PARENT}\n`,
  `00_${TRACE}_${SPAN}_01`,
])('takes no trace parent of %j', (traceParent) => {
  expect(readTraceContext({ traceParent, traceState: 'a=1' })).toBeUndefined();
});

it('takes no trace state without a trace parent', () => {
  expect(readTraceContext({ traceState: 'a=1' })).toBeUndefined();
});

const MEMBERS = Array.from({ length: 32 }, (_, index) => `k${index}=v`);

it.each(['a=1', 'vendor=1,other=2', 'tenant@system=x y', 'a=1, ,b=2,', 'a=', MEMBERS.join()])(
  'reads the trace state %s',
  (traceState) => {
    expect(readTraceContext({ traceParent: PARENT, traceState })).toEqual({
      traceParent: PARENT,
      traceState,
    });
  },
);

it.each([
  '',
  'a',
  'A=1',
  '=1',
  'a=1=2',
  'a=1;b=2,c',
  'a=\u00e9',
  'a=1\n',
  'a=1\u0000',
  [...MEMBERS, 'more=1'].join(),
  `a=${'x'.repeat(511)}`,
  `${'a'.repeat(257)}=1`,
])('leaves out the trace state %j', (traceState) => {
  expect(readTraceContext({ traceParent: PARENT, traceState })).toEqual({ traceParent: PARENT });
});
