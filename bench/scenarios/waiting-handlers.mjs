import { keepCallsInFlight } from '../harness/keep-calls-in-flight.mjs';
import { smallCall } from '../schemas/small-call.mjs';

const LONGEST_TURNS = 8;

/** Waits one to eight turns of the event loop, so that replies do not share a turn. */
const wait = async () => {
  const turns = 1 + Math.floor(Math.random() * LONGEST_TURNS);
  for (let turn = 0; turn < turns; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
};

/** @type {import('../harness/catalog.mjs').Scenario} */
export const scenario = {
  ...smallCall,
  title: 'one connection, 100 small calls in flight, handlers wait 1 to 8 turns at random',
  row: 'the same, handlers wait 1 to 8 turns',
  connections: 1,
  member: {
    ...smallCall.member,
    wait,
    handle: async (input) => {
      await wait();
      return smallCall.member.handle(input);
    },
  },
  marks: [{ of: 'serverUs', atMost: 0.7, to: 'ws-echo' }],
  drive: keepCallsInFlight(100),
};
