import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@trunkline/client';
import { openResources, until } from '../soak/memory.mjs';
import { soak } from '../soak/contract.mjs';
import { Person, Tally } from '../soak/person.mjs';
import { startRelay } from './relay.mjs';

// The clients of a soak, in a process of their own: what the server's process holds is the server's.

const PEOPLE = 16;
const [port] = process.argv.slice(2).map(Number);
const tally = new Tally();
let cuts = 0;

/** Lets people come, use the server and go, and cuts their connections, for so long. */
async function crowd({ ms }) {
  const relay = await startRelay(port);
  const until = performance.now() + ms;
  const cutter = setInterval(() => {
    if (relay.cutOne(Math.random())) cuts++;
  }, 150);
  const places = Array.from({ length: PEOPLE }, async () => {
    while (performance.now() < until) {
      const life = Math.min(500 + Math.random() * 6_000, Math.max(1, until - performance.now()));
      await new Person(tally, relay.port).live(life);
    }
  });
  await Promise.all(places);
  clearInterval(cutter);
  relay.close();
}

/** Opens so many sessions that come back only when they are asked to, and cuts them. */
async function detached({ count }) {
  const relay = await startRelay(port);
  const clients = [];
  while (clients.length < count) {
    const batch = Array.from({ length: 100 }, () =>
      dial(relay.port, { minMs: 600_000, maxMs: 600_000 }),
    );
    await Promise.all(batch.map((client) => client.soak.add({ key: 'detached', a: 1, b: 2 })));
    clients.push(...batch);
  }
  await ask('attached');
  relay.cut();
  await ask('detached');
  for (const client of clients) client.close();
  relay.close();
}

/** Times what a cut costs a call that runs, from the cut to its result. */
async function resumed({ rounds }) {
  const relay = await startRelay(port);
  const client = dial(relay.port, { minMs: 1, maxMs: 1 });
  await client.soak.add({ key: 'resumed', a: 1, b: 2 });
  const times = { running: [], next: [] };
  for (let round = 0; round < rounds; round++) {
    const running = client.soak.slow({ key: 'resumed', ms: 20 });
    await sleep(10);
    relay.cut();
    await sleep(0);
    await running;
    relay.cut();
    const from = performance.now();
    await client.soak.add({ key: 'resumed', a: 1, b: 2 });
    times.next.push(performance.now() - from);
  }
  const bytes = relay.firstFrames();
  client.close();
  relay.close();
  return { times, bytes };
}

/** Asks for all that a server gives, and reads none of it. */
async function stalled({ count }) {
  const relay = await startRelay(port);
  const clients = Array.from({ length: count }, () =>
    dial(relay.port, { minMs: 600_000, maxMs: 600_000 }),
  );
  await Promise.all(clients.map((client) => client.soak.add({ key: 'stalled', a: 1, b: 2 })));
  const ends = [];
  for (const client of clients) {
    for (let room = 0; room < 8; room++) {
      client.soak.ticks({ room }).subscribe({});
    }
  }
  await Promise.all(clients.map((client) => client.soak.add({ key: 'stalled', a: 1, b: 2 })));
  relay.stall();
  const input = new Uint8Array(900_000);
  for (const client of clients) {
    for (let n = 0; n < 16; n++) {
      ends.push(client.soak.blob(input).catch(() => undefined));
      ends.push(
        client.soak
          .count({ to: 1e6, size: 30_000 })
          [Symbol.asyncIterator]()
          .next()
          .catch(() => undefined),
      );
    }
  }
  await ask('stalled');
  for (const client of clients) client.close();
  relay.close();
  await Promise.all(ends);
}

function dial(at, reconnect) {
  return connect(`ws://127.0.0.1:${at}`, { contracts: { soak }, reconnect });
}

/** Tells the server's process of something, and waits until it has looked. */
function ask(what) {
  process.send({ what });
  return new Promise((resolve) => {
    const listen = (order) => {
      if (order.what !== 'go on') return;
      process.off('message', listen);
      resolve();
    };
    process.on('message', listen);
  });
}

function report() {
  const { done, failed, items, messages, gaps, lives, faults } = tally;
  const settled = tally.settled.splice(0);
  return { done, failed, items, messages, gaps, lives, cuts, faults: faults.splice(0), settled };
}

const JOBS = { crowd, detached, resumed, stalled };

/** @param {any} order */
async function obey(order) {
  if (order.what === 'report') return process.send({ what: 'report', ...report() });
  if (order.what === 'end') {
    await until(() => openResources().length === 0, 3_000);
    process.send({ what: 'ended', left: openResources() });
    return process.disconnect();
  }
  const job = JOBS[order.what];
  if (job === undefined) return undefined;
  const result = await job(order);
  return process.send({ what: 'done', result });
}

process.on('message', (order) => void obey(order));
