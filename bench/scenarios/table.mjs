import * as z from 'zod';
import { keepCallsInFlight } from '../harness/keep-calls-in-flight.mjs';

const ROWS = 1000;

const Row = z.object({
  id: z.int(),
  sku: z.string(),
  title: z.string(),
  price: z.number(),
  qty: z.int(),
  active: z.boolean(),
  state: z.enum(['new', 'used', 'mended']),
  changedAt: z.int(),
});

const rows = Array.from({ length: ROWS }, (_, index) => ({
  id: index,
  sku: `SKU-${100_000 + index}`,
  title: `Thing number ${index} of the shop`,
  price: index + 0.25,
  qty: index % 50,
  active: index % 3 === 0,
  state: ['new', 'used', 'mended'][index % 3],
  changedAt: 1_770_000_000_000 + index,
}));

const isRow = (row, index) =>
  row.id === index &&
  row.sku === rows[index].sku &&
  row.title === rows[index].title &&
  row.price === rows[index].price &&
  row.qty === rows[index].qty &&
  row.active === rows[index].active &&
  row.state === rows[index].state &&
  row.changedAt === rows[index].changedAt;

/** @type {import('../harness/catalog.mjs').Scenario} */
export const scenario = {
  title: 'one connection, a table of 1,000 rows by 8 columns returned, 2 in flight',
  unit: 'call',
  connections: 1,
  member: {
    kind: 'call',
    name: 'rows',
    input: z.object({ from: z.int().min(0) }),
    output: z.array(Row),
    handle: () => rows,
    echoReply: () => Buffer.from(JSON.stringify({ id: 1, result: rows })),
  },
  request: { from: 0 },
  refusedRequests: [{ from: -1 }, { from: 'all' }],
  check: (output) => output.length === ROWS && output.every(isRow),
  marks: [{ of: 'serverUs', atMost: 0.3, to: 'ws-json-zod' }],
  drive: keepCallsInFlight(2),
};
