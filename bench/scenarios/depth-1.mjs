import { keepCallsInFlight } from '../harness/keep-calls-in-flight.mjs';
import { smallCall } from '../schemas/small-call.mjs';

/** @type {import('../harness/catalog.mjs').Scenario} */
export const scenario = {
  ...smallCall,
  title: 'one connection, one small call at a time',
  row: 'one small call at a time',
  connections: 1,
  marks: [
    { of: 'serverUs', atMost: 1.1, to: 'ws-echo' },
    { of: 'p50Us', atMost: 1, to: 'ws-json-zod' },
    { of: 'bytesUp', atMost: 24 },
    { of: 'bytesDown', atMost: 28 },
  ],
  drive: keepCallsInFlight(1),
};
