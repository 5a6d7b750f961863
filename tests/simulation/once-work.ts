import { TrunklineError } from '@trunkline/client';
import {
  begin,
  chooseWork,
  describeWork,
  judgeData,
  judgeOf,
  judgeOutput,
  LARGE,
  ownError,
  TERMS,
} from './call-work.js';
import { work as run, type Work, type WorkContext, type Worked } from './run-work.js';
import type { SimClient } from './sim-client.js';
import type { World } from './world.js';

/** What several calls with one idempotency key do together, for one client. */
export class Key {
  /** The servers on which its handler was started, by their numbers. */
  readonly starts: number[] = [];
  /** Calls that were told that it ran, and calls that were told that it did not. */
  ran = 0;
  ranNot = 0;
  calls = 0;
  /** When the first of its deadlines is over: its handler has that of the call that started it. */
  dueAt = Number.POSITIVE_INFINITY;
  /** It was used with another input: whichever came first ran, and the other one is refused. */
  isMixed = false;

  constructor(
    readonly work: Work,
    readonly madeAt: number,
  ) {}
}

/** Long before a key is forgotten. */
const YOUNG_MS = 60_000;

/** A client makes a call that may be repeated: with a new key, or one that was used before. */
export function callOnce(world: World, client: SimClient): void {
  const { chance, trace } = world;
  const known = client.keys.filter(({ madeAt }) => world.now() - madeAt < YOUNG_MS);
  const isKnown = known.length > 0 && chance.is(0.4);
  const key = isKnown ? chance.pick(known) : addKey(world, client);
  // The same key with another input is somebody's mistake.
  const isOther = isKnown && chance.is(0.1);
  const work = isOther ? { ...key.work, answer: key.work.answer + 1 } : key.work;
  const record = begin(world, world.nextId('o'), { client, kind: 'once', ...TERMS });
  // Without one of its own it has that of the server, which is the same.
  const { madeAt, deadlineMs = TERMS.fallbackMs } = record;
  record.isLarge = work.padding.length > LARGE;
  key.calls++;
  key.isMixed ||= isOther;
  key.dueAt = Math.min(key.dueAt, madeAt + deadlineMs);
  trace.note(`${client.name} calls ${record.id} once: ${describeWork(work)}`);
  const judge = judgeOf(world, client, record);
  client.api.sim.once(work, { ...record.options, idempotencyKey: work.id }).then(
    (output) => {
      key.ran++;
      judgeOutput(world, record, { work, output });
    },
    (error: unknown) => {
      judge(error, reasonsOf(world, key));
      judgeData(world, work.id, error);
      if (!(error instanceof TrunklineError)) return;
      if (error.executed === 'yes') key.ran++;
      if (error.executed === 'no') key.ranNot++;
    },
  );
}

function reasonsOf(world: World, { work: { act }, isMixed, dueAt }: Key): (string | undefined)[] {
  return [
    ownError(act),
    'RESULT_GONE',
    isMixed ? 'IDEMPOTENCY_MISMATCH' : undefined,
    dueAt <= world.now() + 1 ? 'DEADLINE' : undefined,
  ];
}

function addKey(world: World, client: SimClient): Key {
  const id = world.nextId('k');
  const key = new Key(chooseWork(world, id), world.now());
  client.keys.push(key);
  world.keys.set(id, key);
  return key;
}

/** The handler of such calls: it belongs to no session. */
export function runOnce(
  world: World,
  input: Work,
  { context, server }: { readonly context: WorkContext; readonly server: number },
): Worked | Promise<Worked> {
  const key = world.keys.get(input.id);
  if (key === undefined) throw new Error(`a handler was given the unknown key "${input.id}"`);
  world.trace.note(`start ${input.id} on server ${server}`);
  key.starts.push(server);
  world.running++;
  return run(world, input, { context, end: () => world.running-- });
}

/** The equations of a key, at the very end of a run. */
export function judgeKey(
  { trace }: World,
  { work: { id }, starts, ran, ranNot, calls }: Key,
): void {
  const isOnce = new Set(starts).size === starts.length;
  trace.check(isOnce, () => `${id} was started twice: on the servers ${starts.join(', ')}`);
  trace.check(ran === 0 || starts.length > 0, () => `${id} never ran, executed is "yes"`);
  const isLie = ranNot === calls && starts.length > 0;
  trace.check(!isLie, () => `${id} ran, and executed was "no" for all of its calls`);
}
