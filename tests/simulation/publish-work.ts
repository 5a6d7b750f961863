import type { Published } from '@trunkline/client';
import { begin, judgeOf } from './call-work.js';
import type { CallRecord } from './call-record.js';
import { TOPICS, type TopicMember } from './contracts.js';
import type { SimClient } from './sim-client.js';
import type { World } from './world.js';

const ROOMS = ['a', 'b'];
const DEADLINES = [
  [12, undefined],
  [1, 50],
  [1, 2_000],
] as const;
const FALLBACK_MS = 30_000;

/** One topic of a world. */
export interface Place {
  readonly member: TopicMember;
  readonly room: string;
  /** How the broker names it. */
  readonly key: string;
}

/** Every topic that a world has. */
export const PLACES: readonly Place[] = TOPICS.flatMap((member) =>
  ROOMS.map((room) => ({ member, room, key: `sim.${member}{"room":"${room}"}` })),
);

/** A client publishes once. */
export function publishByClient(world: World, client: SimClient): void {
  const { chance, trace } = world;
  const { member, room, key } = chance.pick(PLACES);
  const id = world.nextId('p');
  const record = begin(world, id, {
    client,
    kind: 'publish',
    deadlines: DEADLINES,
    fallbackMs: FALLBACK_MS,
  });
  trace.note(`${client.name} publishes ${id} on ${key}`);
  const judge = judgeOf(world, client, record);
  client.api.sim[member]({ room })
    .publish({ id, slot: slotOf(world, id), filler: fillerOf(world) }, record.options)
    .then(
      (receipt) => {
        acknowledged(world, record, { key, receipt });
        for (const topic of client.topics)
          if (topic.witness.topic.key === key) topic.reach(receipt);
      },
      (error: unknown) => judge(error, []),
    );
}

/** The server publishes once, in the place of its application. */
export function publishByServer(world: World, place = world.chance.pick(PLACES)): Promise<void> {
  const { trace } = world;
  const { member, room, key } = place;
  const id = world.nextId('p');
  const options = {
    client: undefined,
    kind: 'publish',
    deadlines: [[1, undefined]],
    fallbackMs: undefined,
  } as const;
  const record = begin(world, id, options);
  trace.note(`the server publishes ${id} on ${key}`);
  return world.topics[member]({ room })
    .publish({ id, slot: slotOf(world, id), filler: fillerOf(world) })
    .then(
      (receipt) => acknowledged(world, record, { key, receipt }),
      (error: unknown) => trace.fail(`the publish ${id} of the server failed: ${String(error)}`),
    );
}

/** What a message is about: of a topic that delivers the newest of each, older ones may be left out. */
function slotOf({ chance, slots }: World, id: string): number {
  const slot = chance.int(1, 4);
  slots.set(id, slot);
  return slot;
}

function fillerOf({ chance }: World): string {
  return 'm'.repeat(
    chance.weigh([
      [20, chance.int(0, 30)],
      [1, chance.int(300, 2_000)],
      [0.2, chance.int(20_000, 30_000)],
    ]),
  );
}

/** What is acknowledged is stored, at that very place. */
function acknowledged(
  world: World,
  record: CallRecord,
  { key, receipt }: { key: string; receipt: Pick<Published, 'epoch' | 'offset'> },
): void {
  const { epoch, offset } = receipt;
  record.settle({ value: receipt }, world.now(), world.trace);
  const found = world.broker.idAt(key, receipt);
  const text = (): string =>
    `${record.id} is acknowledged at ${epoch}:${offset}, where ${found} is`;
  world.trace.check(found === record.id, text);
}
