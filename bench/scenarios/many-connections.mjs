import { keepCallsInFlight } from '../harness/keep-calls-in-flight.mjs';
import { smallCall } from '../schemas/small-call.mjs';

/** @type {import('../harness/catalog.mjs').Scenario} */
export const scenario = {
  ...smallCall,
  title: '100 connections, 10 small calls in flight on each',
  row: '100 connections, 10 in flight on each',
  connections: 100,
  marks: [{ of: 'serverUs', atMost: 0.3, to: 'ws-json-zod' }],
  drive: keepCallsInFlight(10),
};
