import { begin, judgeOf, type Begun } from './call-work.js';
import { windowOf, type CallRecord } from './call-record.js';
import type { SimClient } from './sim-client.js';
import type { World } from './world.js';

interface Item {
  readonly id: string;
  readonly n: number;
  readonly filler: string;
}

const DEADLINES = [
  [12, undefined],
  [1, 200],
  [1, 3_000],
] as const;

/** The items that a server grants a stream at first. */
const UP_WINDOW = 16;

/** How the user of a stream treats it. */
interface Manner {
  /** Leaves after so many items. */
  readonly most: number;
  readonly pauseMs: number;
}

/** Opens one stream of a client, and judges what comes of it. */
export function openStream(world: World, client: SimClient): void {
  const { chance } = world;
  const kind = chance.pick(['down', 'down', 'up', 'both'] as const);
  const id = world.nextId('s');
  const record = begin(world, id, { client, kind, deadlines: DEADLINES, fallbackMs: undefined });
  const count = chance.weigh([
    [6, chance.int(0, 12)],
    [3, chance.int(12, 90)],
    [1, chance.int(90, 300)],
  ]);
  const bytes = chance.weigh([
    [12, chance.int(0, 30)],
    [1, chance.int(500, 3_000)],
  ]);
  const manner = mannerOf(world, count);
  world.trace.note(`${client.name} opens ${id} ${kind} of ${count}, takes ${manner.most}`);
  const work = { world, client, record, id, count, bytes, manner };
  if (kind === 'down') down(work);
  else if (kind === 'up') up(work);
  else both(work);
}

interface StreamWork {
  readonly world: World;
  readonly client: SimClient;
  readonly record: Begun;
  readonly id: string;
  readonly count: number;
  readonly bytes: number;
  readonly manner: Manner;
}

function mannerOf({ chance }: World, count: number): Manner {
  return {
    most: chance.is(0.25) ? chance.int(0, count) : Number.POSITIVE_INFINITY,
    pauseMs: chance.weigh([
      [4, 0],
      [2, chance.int(1, 20)],
      [0.3, chance.int(20, 400)],
    ]),
  };
}

function down(work: StreamWork): void {
  const { world, client, record, id, count, bytes } = work;
  const { chance } = world;
  const pauseMs = chance.weigh([
    [4, 0],
    [1, chance.int(1, 20)],
  ]);
  const fails = chance.is(0.1);
  const stream = client.api.sim.down({ id, count, bytes, pauseMs, fails }, record.options);
  const expected = { count, fails };
  if (chance.is(0.5)) void readByLoop(work, stream, expected);
  else readByCallbacks(work, stream, expected);
}

function up(work: StreamWork): void {
  const { world, client, record, id, count, manner } = work;
  const judge = judgeOf(world, client, record);
  const take = Math.min(manner.most, 1_000_000);
  const input = { id, take, pauseMs: manner.pauseMs };
  client.api.sim.up(input, source(work), record.options).then(
    (output) => {
      record.settle({ value: output }, world.now(), world.trace);
      // A handler that leaves early leaves after it has taken one item at least.
      const most = Math.min(Math.max(take, 1), count);
      const isRight = output.id === id && output.count === most;
      world.trace.check(isRight, () => `${id} counted ${output.count} items instead of ${most}`);
    },
    (error: unknown) => judge(error, []),
  );
}

function both(work: StreamWork): void {
  const { client, record, id, count, manner } = work;
  const input = { id, take: 1_000_000, pauseMs: manner.pauseMs };
  const stream = client.api.sim.both(input, source(work), record.options);
  void readByLoop(work, stream, { count, fails: false });
}

/** Items that its user makes, with a pause now and then; never more than the server granted. */
async function* source({ world, record, id, count, bytes }: StreamWork): AsyncGenerator<Item> {
  const { chance, trace } = world;
  const pauseMs = chance.is(0.2) ? chance.int(1, 30) : 0;
  for (let n = 0; n < count; n++) {
    const ahead = record.produced++ - record.taken;
    const isGranted = ahead <= windowOf(record, UP_WINDOW);
    trace.check(isGranted, () => `${id} sends ${ahead} items ahead of its handler`);
    yield { id, n, filler: 'u'.repeat(bytes) };
    if (pauseMs > 0) await world.sleep(pauseMs);
  }
}

interface Expected {
  readonly count: number;
  readonly fails: boolean;
}

/** Sees that items come in order, each once. */
class Items {
  next = 0;

  constructor(readonly work: StreamWork) {}

  take({ id, n, filler }: Item): void {
    const { world, record, bytes } = this.work;
    if (record.kind === 'down') record.taken++;
    const isRight = id === record.id && n === this.next && filler.length === bytes;
    world.trace.check(isRight, () => `${record.id} got item ${n} of ${id} instead of ${this.next}`);
    this.next = n + 1;
  }

  end(value: unknown, { count, fails }: Expected): void {
    const { world, record } = this.work;
    const isWhole = this.next === count && !fails;
    world.trace.check(isWhole, () => `${record.id} ended after ${this.next} of ${count} items`);
    record.settle({ value }, world.now(), world.trace);
  }
}

async function readByLoop(
  work: StreamWork,
  stream: AsyncIterable<Item> & { output?: Promise<unknown> },
  expected: Expected,
): Promise<void> {
  const { world, client, record, manner } = work;
  const judge = judgeOf(world, client, record);
  const items = new Items(work);
  // What it rejects with is what the loop throws, or that it was left.
  stream.output?.catch(() => undefined);
  try {
    for await (const item of stream) {
      items.take(item);
      if (items.next > manner.most) return left(work);
      if (manner.pauseMs > 0) await world.sleep(manner.pauseMs);
    }
    items.end(undefined, expected);
  } catch (error) {
    judge(error, [expected.fails ? 'INTERNAL' : undefined]);
  }
}

function readByCallbacks(
  work: StreamWork,
  stream: { subscribe(listeners: object): () => void },
  expected: Expected,
): void {
  const { world, client, record, manner } = work;
  const judge = judgeOf(world, client, record);
  const items = new Items(work);
  const leave = stream.subscribe({
    item: (item: Item) => {
      items.take(item);
      if (items.next <= manner.most) return;
      leave();
      left(work);
    },
    end: (value: unknown) => items.end(value, expected),
    error: (error: unknown) => judge(error, [expected.fails ? 'INTERNAL' : undefined]),
  });
}

/** Its user has left it: nothing more is promised than that the handler stops. */
function left({ world, record }: { world: World; record: CallRecord }): void {
  world.trace.note(`${record.id} left`);
  record.outcome = { value: 'left' };
  record.isLeft = true;
}
