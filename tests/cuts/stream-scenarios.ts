import { A_WHILE_MS, PATIENT, type Stage } from './stage.js';

/** Items down: over the credit that a stream starts with, and behind the place where it pauses. */
const DOWN_ITEMS = 80;
/** Items up: over the credit that a server gives at first. */
const UP_ITEMS = 24;

/** Reads a stream to its end, where its items and its output settle each for itself. */
function readStream({ ledger }: Stage, key: string, stream: StreamLike): Promise<unknown> {
  const read = async (): Promise<void> => {
    for await (const item of stream) ledger.item(key, item);
  };
  return Promise.all([ledger.settles(key, read()), ledger.settles(`${key} output`, stream.output)]);
}

interface StreamLike extends AsyncIterable<number> {
  readonly output: Promise<unknown>;
}

/** Two streams down; each pauses, and one of them until later. */
export async function streamDown(stage: Stage): Promise<void> {
  const { client, ledger, quiet, pass } = stage;
  const settled = ['one', 'two'].map((key) => {
    const stream = client.works.down({ key, to: DOWN_ITEMS }, PATIENT);
    return readStream(stage, key, stream);
  });
  await quiet();
  ledger.gate('one').resolve();
  await pass(A_WHILE_MS);
  ledger.gate('two').resolve();
  await Promise.all(settled);
  await ledger.settles('last', client.works.echo('last', PATIENT));
}

async function* numbers(stage: Stage, key: string): AsyncGenerator<number> {
  for (let n = 1; n <= UP_ITEMS; n++) {
    if (n === UP_ITEMS / 2) await stage.ledger.gate(key).promise;
    yield n;
  }
}

/** Two streams up; each pauses, and one of them until later. */
export async function streamUp(stage: Stage): Promise<void> {
  const { client, ledger, quiet, pass } = stage;
  const settled = ['one', 'two'].map((key) => {
    return ledger.settles(key, client.works.up(key, numbers(stage, key), PATIENT));
  });
  await quiet();
  ledger.gate('one').resolve();
  await pass(A_WHILE_MS);
  ledger.gate('two').resolve();
  await Promise.all(settled);
  await ledger.settles('last', client.works.echo('last', PATIENT));
}

/** A stream with items both ways, which pauses. */
export async function streamBoth(stage: Stage): Promise<void> {
  const { client, ledger, quiet } = stage;
  const stream = client.works.both('both', numbers(stage, 'both'), PATIENT);
  const settled = readStream(stage, 'both', stream);
  await quiet();
  ledger.gate('both').resolve();
  await settled;
  await ledger.settles('last', client.works.echo('last', PATIENT));
}

/** Reads five items and leaves; resolves when the handler knows. */
async function leaveDown({ client, ledger }: Stage): Promise<void> {
  for await (const item of client.works.down({ key: 'left', to: DOWN_ITEMS }, PATIENT)) {
    ledger.item('left', item);
    if (item === 4) break;
  }
  await ledger.gate('left has ended').promise;
}

/** Sends items until the handler wants no more; resolves when their source knows. */
async function leaveUp({ client, ledger }: Stage): Promise<void> {
  const returned = ledger.gate('source has ended');
  async function* endless(): AsyncGenerator<number> {
    try {
      for (;;) yield 250;
    } finally {
      returned.resolve();
    }
  }
  await ledger.settles('enough', client.works.up('enough', endless(), PATIENT));
  await returned.promise;
}

/** Streams that their readers want no more of. */
export async function leave(stage: Stage): Promise<void> {
  const { client, ledger } = stage;
  await Promise.all([ledger.settles('left', leaveDown(stage)), leaveUp(stage)]);
  await ledger.settles('last', client.works.echo('last', PATIENT));
}
