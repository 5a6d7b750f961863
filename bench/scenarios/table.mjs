import { keepCallsInFlight } from '../harness/keep-calls-in-flight.mjs';
import { Table, TableInput, isTable, rows } from '../schemas/table.mjs';

/** @type {import('../harness/catalog.mjs').Scenario} */
export const scenario = {
  title: 'one connection, a table of 1,000 rows by 8 columns returned, 2 in flight',
  row: 'table of 1,000 rows returned',
  unit: 'call',
  connections: 1,
  member: {
    kind: 'call',
    name: 'rows',
    input: TableInput,
    output: Table,
    handle: () => rows,
    echoReply: () => Buffer.from(JSON.stringify({ id: 1, result: rows })),
  },
  request: { from: 0 },
  refusedRequests: [{ from: -1 }, { from: 'all' }],
  check: isTable,
  marks: [{ of: 'serverUs', atMost: 0.3, to: 'ws-json-zod' }],
  drive: keepCallsInFlight(2),
};
