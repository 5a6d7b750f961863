import { keepCallsInFlight } from '../harness/keep-calls-in-flight.mjs';
import { smallCall } from '../schemas/small-call.mjs';

/** @type {import('../harness/catalog.mjs').Scenario} */
export const scenario = {
  ...smallCall,
  title: 'one connection, 100 small calls in flight',
  row: '100 small calls in flight',
  connections: 1,
  marks: [{ of: 'serverUs', atMost: 0.25, to: 'ws-json-zod' }],
  drive: keepCallsInFlight(100),
};
