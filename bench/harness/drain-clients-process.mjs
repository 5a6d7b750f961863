// Clients that call a server at a steady rate, and note what becomes of each call.
import dns from 'node:dns';
import { connect } from '@trunkline/client';
import { drainDesk } from '../drain/contract.mjs';

const [port, count, callsPerSecond, firstKey, rampMs] = process.argv.slice(4).map(Number);
const [before, after] = process.argv.slice(2);

const TURN_MS = 20;

/** Where the name of the service leads to, as a load balancer would have it. */
let target = before;
dns.lookup = (_name, options, callback) => {
  const [address, family] = [target, 4];
  process.nextTick(() => {
    if (options.all) callback(null, [{ address, family }]);
    else callback(null, address, family);
  });
};

const clients = [];
const outcomes = [];
let unsettled = 0;
/** Why clients were out of touch. */
const dropped = [];
let key = firstKey;
let timer;

for (let n = 0; n < count; n++) {
  await new Promise((resolve) => setTimeout(resolve, rampMs / count));
  const url = `ws://drained.test:${port}`;
  const client = connect(url, { contracts: { drain: drainDesk } });
  let hasLived = false;
  client.connection.watch(({ status, reason = status }) => {
    if (hasLived && status !== 'live' && status !== 'closed') dropped.push(reason);
    hasLived = status === 'live';
  });
  clients.push(client);
}
await Promise.all(clients.map(({ connection }) => connection.live()));
process.send({ what: 'live' });

/** Most work is short, some is long, and a little of it takes longer than any window. */
function msOf(chance) {
  if (chance < 0.7) return 5;
  if (chance < 0.95) return 50 + Math.floor(chance * 450);
  if (chance < 0.999) return 1_000 + Math.floor(chance * 4_000);
  return 60_000;
}

function work() {
  const mine = key++;
  const { drain } = clients[Math.floor(Math.random() * clients.length)];
  unsettled++;
  drain
    .work({ key: mine, ms: msOf(Math.random()) })
    .then(
      (answer) => outcomes.push([mine, answer === mine ? 'done' : 'wrong', 'yes']),
      ({ code, executed }) => outcomes.push([mine, code, executed]),
    )
    .finally(() => unsettled--);
}

process.on('message', (message) => {
  if (message === 'begin') {
    let owed = 0;
    timer = setInterval(() => {
      owed += (callsPerSecond * TURN_MS) / 1_000;
      for (; owed >= 1; owed--) work();
    }, TURN_MS);
  } else if (message === 'move') {
    target = after;
  } else if (message === 'stop') {
    clearInterval(timer);
    void report();
  }
});

async function report() {
  const until = performance.now() + 8_000;
  while (unsettled > 0 && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, TURN_MS));
  }
  const statuses = clients.map(({ connection }) => connection.state.status);
  const live = statuses.filter((status) => status === 'live').length;
  process.send({ what: 'told', outcomes, unsettled, dropped, live }, () => process.exit());
}

// Nobody is there any more to tell.
process.on('disconnect', () => process.exit());
