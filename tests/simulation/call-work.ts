import { TrunklineError, type CallOptions } from '@trunkline/client';
import { CallRecord } from './call-record.js';
import { ACTS } from './contracts.js';
import type { Work, Worked } from './run-work.js';
import type { SimClient } from './sim-client.js';
import type { World } from './world.js';

/** A call ends by its deadline, so nobody says that it is early before so much of it is over. */
const EARLY_MS = 1;
const DEFAULT_DEADLINE_MS = 30_000;

/** Chooses what a handler is to do. */
export function chooseWork({ chance }: World, id: string): Work {
  const act = chance.weigh([
    [12, ACTS[0]],
    [2, ACTS[1]],
    [1, ACTS[2]],
    [1, ACTS[3]],
    [1, ACTS[4]],
  ]);
  const ms = chance.weigh([
    [5, 0],
    [4, chance.int(1, 30)],
    [2, chance.int(30, 3_000)],
    [0.5, chance.int(3_000, 20_000)],
  ]);
  const padding = chance.weigh([
    [20, chance.int(0, 60)],
    [0.4, chance.int(33_000, 70_000)],
  ]);
  const answer = chance.weigh([
    [20, chance.int(0, 60)],
    [1, chance.int(2_000, 9_000)],
    [0.3, chance.int(33_000, 120_000)],
  ]);
  return { id, act, ms, listens: chance.is(0.8), padding: 'p'.repeat(padding), answer };
}

/** Says what a handler is to do, for the trace. */
export function describeWork({ id, act, ms, padding, answer }: Work): string {
  return `${id} ${act} ${ms} ms, ${padding.length} and ${answer} bytes`;
}

/** Makes one call of a client, and judges what comes of it. */
export function makeCall(world: World, client: SimClient): void {
  const id = world.nextId('w');
  const work = chooseWork(world, id);
  const record = begin(world, id, { client, kind: 'work', ...TERMS });
  record.isLarge = work.padding.length > LARGE;
  world.trace.note(`${client.name} calls ${describeWork(work)}`);
  const judge = judgeOf(world, client, record);
  client.api.sim.work(work, record.options).then(
    (output) => judgeOutput(world, record, { work, output }),
    (error: unknown) => {
      judge(error, [ACT_ERRORS[work.act]]);
      judgeData(world, id, error);
    },
  );
}

/** What a call gave must be its own. */
export function judgeOutput(
  world: World,
  record: CallRecord,
  { work, output }: { readonly work: Work; readonly output: Worked },
): void {
  const { trace } = world;
  const { id, padding, answer, act } = work;
  trace.check(output.id === id, () => `${id} got the result of ${output.id}`);
  const isRight = output.padding === padding.length && output.filler.length === answer;
  const isOwn = isRight && act === 'value';
  trace.check(isOwn, () => `${id} got another result than its own`);
  record.settle({ value: output }, world.now(), trace);
}

/** The data of a declared error must be its own, too. */
export function judgeData({ trace }: World, id: string, error: unknown): void {
  if (!(error instanceof TrunklineError) || error.code !== 'REFUSED') return;
  const { id: of } = error.data as { id: string };
  trace.check(of === id, () => `${id} got the error of ${of}`);
}

interface Beginning {
  /** Whose it is; `undefined` for the server's own. */
  readonly client: SimClient | undefined;
  readonly kind: CallRecord['kind'];
  readonly deadlines: readonly (readonly [number, number | null | undefined])[];
  readonly fallbackMs: number | undefined;
}

/** A record with the options that its call is made with. */
export type Begun = CallRecord & { readonly options: CallOptions };

/** Begins the record of a call: with a deadline now and then, and a withdrawal. */
export function begin(world: World, id: string, beginning: Beginning): Begun {
  const { chance, runtime, trace } = world;
  const { client, kind, deadlines, fallbackMs } = beginning;
  const given = chance.weigh(deadlines);
  const deadlineMs = given === undefined ? fallbackMs : (given ?? undefined);
  const isCancelled = chance.is(0.15);
  const controller = isCancelled ? new AbortController() : undefined;
  const record: Begun = Object.assign(new CallRecord(id, kind, world.now(), deadlineMs), {
    options: {
      ...(given !== undefined && { deadlineMs: given }),
      ...(controller !== undefined && { signal: controller.signal }),
    },
  });
  if (client !== undefined) record.isLiveSince = (time) => client.isLiveSince(time);
  world.records.set(id, record);
  if (controller !== undefined) {
    const withdraw = (): void => {
      if (record.outcome !== undefined) return;
      trace.note(`withdraw ${id}`);
      record.cancelledAt = world.now();
      controller.abort();
    };
    const afterMs = chance.pick([0, chance.int(0, 40), chance.int(0, 5_000)]);
    if (afterMs === 0 && chance.is(0.3)) withdraw();
    else runtime.startTimer(afterMs, withdraw);
  }
  return record;
}

/** Above this an input travels in chunks. */
export const LARGE = 32_000;

const DEADLINES: Beginning['deadlines'] = [
  [14, undefined],
  [1, null],
  [1, 0],
  [2, 20],
  [2, 300],
  [1, 4_000],
];

/** The terms of calls, either way. */
export const TERMS = { deadlines: DEADLINES, fallbackMs: DEFAULT_DEADLINE_MS } as const;

const ACT_ERRORS: Readonly<Record<(typeof ACTS)[number], string | undefined>> = {
  value: undefined,
  declared: 'REFUSED',
  passed: 'DENIED',
  thrown: 'INTERNAL',
  waits: undefined,
};

/** The code that an act fails with; `undefined` for none. */
export function ownError(act: Work['act']): string | undefined {
  return ACT_ERRORS[act];
}

/** At a limit: nothing is wrong, and it has not run. */
export const LIMITS: readonly string[] = ['BUSY', 'BACKPRESSURE', 'RATE'];

/** Gives what judges the error of a call: whether there is a reason for it in what was done. */
export function judgeOf(world: World, client: SimClient, record: CallRecord) {
  const { losses } = client;
  return (error: unknown, own: readonly (string | undefined)[]): void => {
    const { trace } = world;
    if (!(error instanceof TrunklineError)) {
      trace.fail(`${record.id} failed with ${String(error)}, which is no TrunklineError`);
      return;
    }
    const { code } = error;
    record.settle({ error }, world.now(), trace);
    trace.check(error.executed !== undefined, () => `${record.id}: ${code} does not say executed`);
    const isReason = own.includes(code) || reasonOf(error, { world, client, record, losses });
    trace.check(isReason, () => `${record.id} failed without a reason: ${code} ${error.message}`);
  };
}

interface Failed {
  readonly world: World;
  readonly client: SimClient;
  readonly record: CallRecord;
  /** How many connections its client had lost when it was made. */
  readonly losses: number;
}

function reasonOf({ code, executed }: TrunklineError, failed: Failed): boolean {
  const { world, client, record, losses } = failed;
  // One that may be repeated is refused for its next try, and may have run in an earlier one.
  if (LIMITS.includes(code)) return executed === 'no' || client.losses > losses;
  switch (code) {
    case 'DEADLINE':
      return isDue(world, record);
    case 'CANCELLED':
      return record.cancelledAt !== undefined || client.isClosed;
    case 'SESSION_LOST':
    case 'STREAM_LOST':
      return client.losses > losses && mayBeLost(world, client, record.madeAt);
    case 'UNAVAILABLE':
      return client.isFinal;
    case 'OVERLOADED':
      return executed === 'yes';
    default:
      return false;
  }
}

/** A cut that is shorter than the server keeps sessions loses none, and with it no call. */
function mayBeLost({ server, detachedMs }: World, client: SimClient, madeAt: number): boolean {
  const { session, isFinal, awayMs, expiredAt } = client;
  if (isFinal || session === undefined || !server.isOpen(session.id)) return true;
  // Who reads slowly is told late of what was lost before this session.
  return session.since >= madeAt || awayMs >= detachedMs || expiredAt >= madeAt;
}

/** Whether the deadline of a call has come. */
export function isDue(world: World, { madeAt, deadlineMs }: CallRecord): boolean {
  return world.now() + EARLY_MS >= madeAt + (deadlineMs ?? DEFAULT_DEADLINE_MS);
}
