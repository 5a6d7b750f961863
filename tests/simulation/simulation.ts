import { askClient } from './ask-work.js';
import { makeCall } from './call-work.js';
import { callOnce, judgeKey } from './once-work.js';
import { PLACES, publishByClient, publishByServer } from './publish-work.js';
import type { SimClient } from './sim-client.js';
import { openStream } from './stream-work.js';
import { subscribe } from './topic-work.js';
import { World } from './world.js';

/** What came of one seed. */
export interface Run {
  readonly seed: number;
  readonly broken: readonly string[];
  /** Gives a hash of all events and of every byte on the network. */
  readonly hash: () => string;
  readonly lines: readonly string[];
}

/** Longer than a deadline, a heartbeat and the longest delay of a client together. */
const SETTLE_MS = 120_000;
/** Longer than a session outlives its connection. */
const FORGET_MS = 130_000;
const MOST_TOPICS = 6;

/** Runs a world for so many steps, lets it settle, and judges all that happened; can note bytes. */
export async function simulate(seed: number, steps: number, tracesWire = false): Promise<Run> {
  const world = new World(seed, tracesWire);
  const { trace, network } = world;
  const rejected = (reason: unknown): void => {
    trace.fail(`unhandled rejection: ${reason instanceof Error ? reason.stack : String(reason)}`);
  };
  process.on('unhandledRejection', rejected);
  process.on('uncaughtException', rejected);
  try {
    for (let step = 0; step < steps; step++) await takeStep(world);
    await settle(world);
    await endAll(world);
  } catch (error) {
    trace.fail(`the simulation threw ${error instanceof Error ? error.stack : String(error)}`);
  }
  process.off('unhandledRejection', rejected);
  process.off('uncaughtException', rejected);
  const { broken, lines } = trace;
  return { seed, broken, hash: () => trace.hash(network.connections), lines };
}

async function takeStep(world: World): Promise<void> {
  const { chance, runtime } = world;
  act(world);
  // Often more than one thing is done in one turn.
  if (chance.is(0.3)) return;
  await runtime.advance(
    chance.weigh([
      [4, 0],
      [8, chance.int(1, 20)],
      [3, chance.int(20, 200)],
      [0.4, chance.int(200, 6_000)],
      [0.04, chance.int(6_000, 60_000)],
    ]),
  );
}

function act(world: World): void {
  const { chance, weather, server } = world;
  const client = chance.pick(world.clients);
  chance.weigh<() => unknown>([
    [30, () => makeCall(world, client)],
    [12, () => openStream(world, client)],
    [8, () => askClient(world)],
    [6, () => callOnce(world, client)],
    [14, () => publishByClient(world, client)],
    [8, () => publishByServer(world)],
    [8, () => client.topics.length < MOST_TOPICS && subscribe(world, client)],
    [4, () => leaveTopic(world, client)],
    [1.5, () => burst(world, client)],
    [6, () => weather.turn()],
    [1, () => client.steer()],
    [0.25, () => server.restart()],
    [0.7, () => replace(world, client)],
  ])();
}

/** Much of one kind at once, so that queues and limits are reached. */
function burst(world: World, client: SimClient): void {
  const { chance } = world;
  const place = chance.pick(PLACES);
  const one = chance.weigh<() => unknown>([
    [3, () => publishByServer(world, place)],
    [1, () => publishByClient(world, client)],
    [1, () => makeCall(world, client)],
  ]);
  for (let left = chance.int(5, 40); left > 0; left--) one();
}

function leaveTopic({ chance, trace }: World, client: SimClient): void {
  if (client.topics.length === 0) return;
  const [topic] = client.topics.splice(chance.int(0, client.topics.length - 1), 1);
  trace.note(`${client.name} leaves ${topic?.witness.name}`);
  topic?.close();
}

function replace(world: World, client: SimClient): void {
  if (!client.isClosed) client.close();
  world.clients.splice(world.clients.indexOf(client), 1);
  world.retired.push(client);
  world.addClient();
}

/** Nothing goes wrong any more: all that was begun comes to its end. */
async function settle(world: World): Promise<void> {
  const { runtime, weather, trace, clients } = world;
  trace.note('settle');
  world.isSettling = true;
  weather.heal();
  await runtime.advance(SETTLE_MS);
  for (const place of PLACES) void publishByServer(world, place);
  await runtime.advance(10_000);
  for (const record of world.records.values()) {
    if (record.kind === 'publish') record.starts = world.broker.places.get(record.id)?.length ?? 0;
    record.judge(trace);
  }
  for (const key of world.keys.values()) judgeKey(world, key);
  for (const client of clients) if (!client.isFinal) judgeTopics(world, client);
}

function judgeTopics({ trace }: World, client: SimClient): void {
  const { status } = client.api.connection.state;
  trace.check(status === 'live', () => `${client.name} is ${status} when all is well again`);
  for (const { witness, status: statusOf } of client.topics) {
    if (witness.isClosed) continue;
    const is = statusOf() ?? 'live';
    trace.check(is === 'live', () => `${witness.name} is ${is} when all is well again`);
    witness.judge();
  }
}

async function endAll(world: World): Promise<void> {
  const { runtime, clients, retired, server, trace, broker } = world;
  for (const client of clients) {
    for (const { close } of client.topics) close();
  }
  await runtime.settle();
  for (const client of clients) {
    if (!client.isFinal) client.judge();
    client.close();
  }
  await runtime.advance(FORGET_MS);
  for (const client of [...clients, ...retired]) client.judge();
  await server.end();
  await broker.close();
  await runtime.settle();
  trace.check(world.waiting === 0, () => `${world.waiting} still wait for a topic message`);
  trace.check(world.running === 0, () => `${world.running} handlers still run`);
  trace.check(runtime.timers === 0, () => `${runtime.timers} timers are left`);
}
