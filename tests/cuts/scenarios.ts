import type { Published } from '@trunkline/protocol';
import type { Scenario } from './scenario.js';
import type { Outcome } from './ledger.js';
import { A_WHILE_MS, PATIENT, type Stage } from './stage.js';
import { leave, streamBoth, streamDown, streamUp } from './stream-scenarios.js';

const LARGE = 200_000;
const TOKEN_MS = 4_000;
/** Over the number of messages that are acknowledged at once. */
const ACKED_CALLS = 40;

async function handshake({ client, ledger }: Stage): Promise<void> {
  await ledger.settles('live', client.connection.live());
}

async function calls({ client: { works }, ledger, quiet, pass }: Stage): Promise<void> {
  const settled = [
    ledger.settles('a', works.echo('a', PATIENT)),
    ledger.settles('b', works.echo('b', PATIENT)),
    ledger.settles('c', works.refuse('c', PATIENT)),
    ledger.settles('slow', works.wait('slow', PATIENT)),
    ledger.settles('slower', works.wait('slower', PATIENT)),
  ];
  await quiet();
  settled.push(ledger.settles('d', works.echo('d', PATIENT)));
  ledger.gate('slow').resolve();
  await quiet();
  await pass(A_WHILE_MS);
  ledger.gate('slower').resolve();
  await Promise.all(settled);
  await ledger.settles('last', works.echo('last', PATIENT));
}

/** Another token is given within the session, while calls wait and go on. */
async function renewal({ client: { works }, ledger, quiet, pass }: Stage): Promise<void> {
  const settled = [
    ledger.settles('slow', works.wait('slow', PATIENT)),
    ledger.settles('a', works.echo('a', PATIENT)),
  ];
  await quiet();
  for (const key of ['b', 'c', 'd', 'e']) {
    await pass(TOKEN_MS / 4);
    settled.push(ledger.settles(key, works.echo(key, PATIENT)));
  }
  ledger.gate('slow').resolve();
  await Promise.all(settled);
  await ledger.settles('last', works.echo('last', PATIENT));
}

async function withdrawals({ client: { works }, ledger, quiet, pass }: Stage): Promise<void> {
  const soon = new AbortController();
  const later = new AbortController();
  ledger.signals.set('soon', soon.signal).set('later', later.signal);
  const settled = [
    ledger.settles('soon', works.wait('soon', { ...PATIENT, signal: soon.signal })),
    ledger.settles('later', works.wait('later', { ...PATIENT, signal: later.signal })),
    ledger.settles('due', works.wait('due', { deadlineMs: 500 })),
    ledger.settles('kept', works.wait('kept', PATIENT)),
    ledger.settles('short', works.echo('short', { deadlineMs: 500 })),
  ];
  soon.abort();
  await quiet();
  // The answer and the withdrawal pass each other.
  ledger.gate('later').resolve();
  later.abort();
  await pass(500);
  ledger.gate('due').resolve();
  ledger.gate('kept').resolve();
  await Promise.all(settled);
  await ledger.settles('last', works.echo('last', PATIENT));
  // The withdrawal left before the last call, and so it has come.
  if (!ledger.starts.has('soon') || ledger.aborted.has('soon')) return;
  ledger.faults.push('a handler was not told that its call was withdrawn');
}

async function asked({ client: { works }, ledger, quiet, pass }: Stage): Promise<void> {
  const settled = ['one', 'two', 'slow', 'slower'].map((key) => {
    return ledger.settles(key, works.confirm(key, PATIENT));
  });
  await quiet();
  ledger.gate('slow asked').resolve();
  await pass(A_WHILE_MS);
  ledger.gate('slower asked').resolve();
  await Promise.all(settled);
  await ledger.settles('last', works.confirm('last', PATIENT));
}

async function repeated({ client: { works }, ledger, quiet, pass }: Stage): Promise<void> {
  const settled = ['one', 'two', 'three'].map((key) => {
    return ledger.settles(key, works.again(key, PATIENT));
  });
  ledger.gate('one').resolve();
  await quiet();
  ledger.gate('two').resolve();
  await pass(A_WHILE_MS);
  ledger.gate('three').resolve();
  await Promise.all(settled);
}

async function topic({ client, ledger, topics, quiet, pass }: Stage): Promise<void> {
  const atServer = topics.room({ id: 1 });
  const tell = async (text: string): Promise<Published> => {
    const published = await atServer.publish(text);
    ledger.placed('room', published.offset, text);
    return published;
  };
  const { epoch } = await tell('kept 1');
  await tell('kept 2');
  const room = client.works.room({ id: 1 }, { from: { epoch, offset: 0 } });
  const subscription = room.subscribe({
    message: (text) => ledger.item('room', text),
    gap: (gap) => void ledger.faults.push(`a gap: ${JSON.stringify(gap)}`),
  });
  const publish = async (text: string): Promise<void> => {
    const { offset } = await room.publish(text, PATIENT);
    ledger.placed('room', offset, text);
  };
  await quiet();
  const settled = [ledger.settles('first', publish('client 1'))];
  for (let n = 1; n <= 3; n++) await tell(`server ${n}`);
  await quiet();
  settled.push(ledger.settles('second', publish('client 2')));
  settled.push(ledger.settles('third', publish('client 3')));
  await pass(A_WHILE_MS);
  await tell('server 4');
  await Promise.all(settled);
  const { offset: last } = await tell('server 5');
  await subscription.reached(last);
  subscription.close();
}

async function chunksUp({ client: { works }, ledger, quiet }: Stage): Promise<void> {
  const text = 'up '.repeat(Math.ceil(LARGE / 3)).slice(0, LARGE);
  const settled = [ledger.settles('large', works.measure({ key: 'large', text }, PATIENT))];
  settled.push(ledger.settles('a', works.echo('a', PATIENT)));
  await Promise.resolve();
  settled.push(ledger.settles('b', works.echo('b', PATIENT)));
  await quiet();
  settled.push(ledger.settles('c', works.echo('c', PATIENT)));
  await Promise.all(settled);
}

async function chunksDown({ client: { works }, ledger, quiet }: Stage): Promise<void> {
  const large = works.large({ key: 'large', length: LARGE }, PATIENT);
  const settled = [ledger.settles('large', large)];
  settled.push(ledger.settles('a', works.echo('a', PATIENT)));
  await Promise.resolve();
  settled.push(ledger.settles('b', works.echo('b', PATIENT)));
  await quiet();
  settled.push(ledger.settles('c', works.echo('c', PATIENT)));
  await Promise.all(settled);
}

async function acks({ client: { works }, ledger, quiet, pass }: Stage): Promise<void> {
  const slow = ledger.settles('slow', works.wait('slow', PATIENT));
  // Longer than an acknowledgement waits for company.
  await pass(250);
  const settled = Array.from({ length: ACKED_CALLS }, (_, n) => {
    return ledger.settles(`${n}`, works.echo(`${n}`, PATIENT));
  });
  await quiet();
  await pass(250);
  ledger.gate('slow').resolve();
  await Promise.all([slow, ...settled]);
  await pass(250);
  await ledger.settles('last', works.echo('last', PATIENT));
}

function isAnswerOr(...codes: string[]): (outcome: Outcome) => boolean {
  return (outcome) => 'value' in outcome || codes.includes(outcome.code);
}

const RACES = {
  soon: isAnswerOr('CANCELLED'),
  later: isAnswerOr('CANCELLED'),
  due: isAnswerOr('DEADLINE'),
  short: isAnswerOr('DEADLINE'),
};

/** Whatever happens to connections, deadlines pass. */
const DUE_MS = { soon: 0, due: 500, short: 500 };

const PACKED: readonly Scenario[] = [
  { name: 'handshake', play: handshake },
  { name: 'hello', play: handshake, hasToken: true },
  { name: 'renewal', play: renewal, hasToken: true, tokenMs: TOKEN_MS },
  { name: 'call', play: calls },
  { name: 'cancel', play: withdrawals, races: RACES, dueMs: DUE_MS },
  { name: 'down', play: streamDown },
  { name: 'up', play: streamUp },
  { name: 'both', play: streamBoth },
  { name: 'leave', play: leave },
  { name: 'asked', play: asked },
  { name: 'repeated', play: repeated, survivors: ['one', 'two', 'three'] },
  { name: 'topic', play: topic },
  { name: 'chunk-up', play: chunksUp },
  { name: 'chunk-down', play: chunksDown },
  { name: 'acks', play: acks },
];

const READABLE = ['call', 'asked', 'down', 'both', 'topic', 'chunk-down'];

/** Everything that is played while connections are cut. */
export const SCENARIOS: readonly Scenario[] = [
  ...PACKED,
  ...PACKED.filter(({ name }) => READABLE.includes(name)).map((scenario) => {
    return { ...scenario, name: `${scenario.name}-superjson`, isReadable: true };
  }),
];

/** Finds a scenario. Throws a TypeError that lists all for a name that is none. */
export function findScenario(name: string): Scenario {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (found !== undefined) return found;
  const names = SCENARIOS.map((scenario) => scenario.name).join(', ');
  throw new TypeError(`unknown scenario "${name}": expected ${names}`);
}
