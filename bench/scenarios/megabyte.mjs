import { randomFillSync } from 'node:crypto';
import * as z from 'zod';
import { keepCallsInFlight } from '../harness/keep-calls-in-flight.mjs';
import { Bytes } from '../schemas/bulk.mjs';

const BYTES = 1024 * 1024;
const MAX_BYTES = 4 * BYTES;

const bytes = randomFillSync(new Uint8Array(BYTES));
const text = Buffer.from(bytes).toString('base64');

const isRight = (output) =>
  output instanceof Uint8Array &&
  Buffer.compare(Buffer.from(output.buffer, output.byteOffset, output.byteLength), bytes) === 0;

/** @type {import('../harness/catalog.mjs').Scenario} */
export const scenario = {
  title: 'one connection, a Uint8Array of 1 MB echoed, 2 in flight',
  row: '1 MB of bytes echoed',
  unit: 'call',
  connections: 1,
  member: {
    kind: 'call',
    name: 'echo',
    input: Bytes,
    output: Bytes,
    handle: (input) => input,
  },
  request: bytes,
  refusedRequests: ['text'],
  check: isRight,
  asText: {
    member: {
      kind: 'call',
      name: 'echo',
      input: z.string().max(2 * BYTES),
      output: z.string(),
      // What the handler works with is bytes, so they are decoded and encoded again.
      handle: (input) => Buffer.from(input, 'base64').toString('base64'),
    },
    request: text,
    refusedRequests: [1],
    check: (output) => output === text,
  },
  limits: { socketio: { maxHttpBufferSize: MAX_BYTES } },
  marks: [{ of: 'serverUs', atMost: 1, to: 'ws-echo' }],
  drive: keepCallsInFlight(2),
};
