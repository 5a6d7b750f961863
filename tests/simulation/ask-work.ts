import { createClientCalls, TrunklineError } from '@trunkline/server';
import {
  begin,
  chooseWork,
  describeWork,
  isDue,
  judgeData,
  judgeOutput,
  LARGE,
  LIMITS,
} from './call-work.js';
import type { CallRecord } from './call-record.js';
import type { Work } from './run-work.js';
import type { OpenSession } from './sim-server.js';
import type { World } from './world.js';

/** A call to a client has one always. */
const DEADLINES = [
  [14, undefined],
  [1, 0],
  [2, 20],
  [2, 300],
] as const;

/** The server calls one of its clients once, and judges what comes of it. */
export function askClient(world: World): void {
  const { chance, server, clients, trace } = world;
  const { open } = server;
  if (open.length === 0) return;
  const { session, client: name, contract } = chance.pick(open);
  const id = world.nextId('a');
  const work = chooseWork(world, id);
  const client = clients.find((one) => one.name === name);
  const record = begin(world, id, {
    client,
    kind: 'ask',
    deadlines: DEADLINES,
    fallbackMs: 30_000,
  });
  record.isLarge = work.padding.length > LARGE;
  trace.note(`the server asks ${name} ${describeWork(work)}`);
  createClientCalls(contract, session)
    .ask(work, record.options as ClientCallOptions)
    .then(
      (output) => judgeOutput(world, record, { work, output }),
      (error: unknown) => judgeAsk(world, record, { work, session, error }),
    );
}

type ClientCallOptions = { readonly deadlineMs?: number; readonly signal?: AbortSignal };

interface Failed {
  readonly work: Work;
  readonly session: OpenSession['session'];
  readonly error: unknown;
}

function judgeAsk(world: World, record: CallRecord, { work, session, error }: Failed): void {
  const { trace } = world;
  if (!(error instanceof TrunklineError)) {
    return trace.fail(`${record.id} failed with what is no TrunklineError`);
  }
  record.settle({ error }, world.now(), trace);
  judgeData(world, record.id, error);
  const hasEnded = world.server.endedAt(session.id) <= world.now();
  const isReason = reasonsOf(world, record, { work, hasEnded }).includes(error.code);
  trace.check(
    isReason,
    () => `${record.id} failed without a reason: ${error.code} ${error.message}`,
  );
  if (!LIMITS.includes(error.code)) return;
  trace.check(error.executed === 'no', () => `${record.id}: ${error.code} says ${error.executed}`);
}

function reasonsOf(
  world: World,
  record: CallRecord,
  { work: { act }, hasEnded }: { readonly work: Work; readonly hasEnded: boolean },
): readonly string[] {
  return [
    ...LIMITS,
    ...(act === 'declared' ? ['REFUSED'] : []),
    ...(act === 'passed' || act === 'thrown' ? ['INTERNAL'] : []),
    ...(isDue(world, record) ? ['DEADLINE'] : []),
    ...(record.cancelledAt === undefined ? [] : ['CANCELLED']),
    ...(hasEnded ? ['SESSION_LOST'] : []),
  ];
}
