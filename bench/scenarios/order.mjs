import { keepCallsInFlight } from '../harness/keep-calls-in-flight.mjs';
import { Order, isOrder, order } from '../schemas/order.mjs';

/** @type {import('../harness/catalog.mjs').Scenario} */
export const scenario = {
  title: 'one connection, an order of about 1 KB in and out, 50 in flight',
  row: 'order of 1 KB in and out, 50 in flight',
  unit: 'call',
  connections: 1,
  member: { kind: 'call', name: 'place', input: Order, output: Order, handle: (input) => input },
  request: order,
  refusedRequests: [
    { ...order, id: 'no uuid' },
    { ...order, items: [{ ...order.items[0], qty: 0 }] },
    { ...order, customer: { ...order.customer, email: 'nobody' } },
  ],
  check: isOrder,
  marks: [{ of: 'serverUs', atMost: 0.25, to: 'ws-json-zod' }],
  drive: keepCallsInFlight(50),
};
