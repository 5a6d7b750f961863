import { connect, serve } from '@trunkline/client';
import { follow, followSnapshot, followToItsEnd } from './client-following.js';
import { failure, inJson, print, type Probe } from './client-telling.js';
import { ProbeClient, type ProbeClientHandlers } from './generated/probe.client.js';

/** Our client as a client under test: `node client-program.js <conversation> <url>`. */

const CANCEL_AFTER_MS = 100;
/** So long after the question for a token it was surely sent. */
const RENEWED_MS = 100;
const [name = '', url = ''] = process.argv.slice(2);
const token = name === 'refused' ? 'wrong' : 'let-me-in';
let asked = 0;
const withdrawal = new AbortController();
let renewed = (): void => {};
const hasRenewed = new Promise<void>((resolve) => (renewed = resolve));
let stop = (): void => {};
const stopped = new Promise<void>((resolve) => (stop = resolve));

/** What is answered when the server calls, by conversation. */
const HANDLERS: Readonly<Record<string, Partial<ProbeClientHandlers>>> = {
  // It takes calls, so that the server has sent messages with numbers before the conversation.
  call: {},
  asked: { confirm: ({ text }) => ({ agreed: text === 'sure?' }) },
  'asked-unknown': {},
  'asked-withdrawn': {
    confirm: (_input, { signal }) => {
      withdrawal.abort();
      signal.addEventListener('abort', stop);
      return new Promise(() => {});
    },
  },
};
const handlers = HANDLERS[name];
const client = connect(url, {
  packed: false,
  services: { probe: ProbeClient },
  ...(handlers && { handlers: [serve(ProbeClient, handlers)] }),
  // A token that was refused is not shown again.
  auth: ({ reason }) => {
    if (reason === 'expiring') setTimeout(renewed, RENEWED_MS);
    return asked++ === 0 || name !== 'refused' ? token : undefined;
  },
  reconnect: { minMs: 10, maxMs: 100 },
});

async function echo({ probe }: Probe, text: string): Promise<void> {
  print({ result: await probe.echo({ text }) });
}

async function ask({ probe }: Probe): Promise<void> {
  await probe.ask({ text: 'sure?' }).then(
    (result) => print({ result }),
    (error: unknown) => print(failure(error)),
  );
}

async function closed({ connection }: Probe): Promise<void> {
  await new Promise<void>((resolve) => {
    const look = (): void => {
      const code = /\b\d{4}\b/.exec(connection.state.reason ?? '')?.[0];
      if (code === undefined) return;
      print({ closed: Number(code) });
      resolve();
    };
    connection.watch(look);
    look();
  });
}

const PROGRAMS: Readonly<Record<string, (client: Probe) => Promise<void>>> = {
  connect: async ({ connection }) => {
    await connection.live();
    print({ welcome: true });
  },
  call: (probing) => echo(probing, 'hello'),
  pair: async (probing) => {
    await echo(probing, 'one');
    await echo(probing, 'two');
  },
  renewing: async (probing) => {
    await hasRenewed;
    await echo(probing, 'on');
  },
  lost: async (probing) => {
    await probing.connection.live();
    await probing.probe.wait().catch((error: unknown) => print(failure(error)));
    await echo(probing, 'after');
  },
  error: async ({ probe }) => {
    await probe.fail({ why: 'no' }).catch((error: unknown) => print(failure(error)));
  },
  cancel: async (probing) => {
    await probing.connection.live();
    const signal = AbortSignal.timeout(CANCEL_AFTER_MS);
    await probing.probe
      .wait(undefined, { signal })
      .catch((error: unknown) => print(failure(error)));
    await echo(probing, 'after');
  },
  deadline: async ({ connection, probe }) => {
    await connection.live();
    const options = { deadlineMs: CANCEL_AFTER_MS };
    await probe.wait(undefined, options).catch((error: unknown) => print(failure(error)));
  },
  download: async ({ probe }) => {
    const total = { items: 0, sum: 0 };
    for await (const item of probe.count({ to: 200 })) {
      total.items++;
      total.sum += item;
    }
    print(total);
  },
  upload: async ({ probe }) => {
    const items = Array.from({ length: 40 }, (_, index) => index + 1);
    print({ output: await probe.sum(undefined, items) });
  },
  both: async ({ probe }) => {
    const items: number[] = [];
    for await (const item of probe.double(undefined, [1, 2, 3])) items.push(item);
    print({ items });
  },
  stop: async (probing) => {
    const items: number[] = [];
    for await (const item of probing.probe.count({ to: 1_000_000 })) {
      items.push(item);
      if (items.length === 3) break;
    }
    print({ items });
    await echo(probing, 'after');
  },
  subscribe: (probing) => follow(probing, 2, (messages) => messages === 3),
  reconnect: (probing) => follow(probing, undefined, (messages) => messages === 4),
  gap: (probing) => follow(probing, undefined, (messages, gaps) => gaps > 0 && messages === 3),
  conflated: (probing) => follow(probing, undefined, (messages) => messages === 2),
  snapshot: followSnapshot,
  ended: followToItsEnd,
  publish: async ({ probe }) => {
    const { offset } = await probe.notes({ room: 'lobby' }).publish({ text: 'hi' });
    print({ published: { offset } });
  },
  kinds: async ({ probe }) => {
    const result = await probe.kinds({
      at: new Date('2026-01-01T00:00:00.000Z'),
      big: 12_345_678_901_234_567_890n,
      bytes: Uint8Array.of(0xca, 0xfe),
      tags: new Set(['a', 'b']),
      counts: new Map([
        ['one', 1],
        ['two', 2],
      ]),
      nothing: undefined,
    });
    print({ result: Object.fromEntries(Object.entries(result).map(inJson)) });
  },
  parallel: async ({ probe }) => {
    const texts = ['one', 'two', 'three'];
    const results = await Promise.all(texts.map((text) => probe.echo({ text })));
    for (const result of results) print({ result });
  },
  asked: ask,
  'asked-unknown': ask,
  'asked-withdrawn': async (probing) => {
    const options = { signal: withdrawal.signal };
    await probing.probe
      .ask({ text: 'sure?' }, options)
      .catch((error: unknown) => print(failure(error)));
    await stopped;
    await echo(probing, 'after');
  },
  refused: closed,
  violation: async (probing) => {
    const failed = echo(probing, 'hello').catch(() => undefined);
    await closed(probing);
    await failed;
  },
};

const program = PROGRAMS[name];
if (program === undefined) {
  console.error(`unknown conversation "${name}": expected ${Object.keys(PROGRAMS).join(', ')}`);
  process.exitCode = 2;
} else {
  await program(client);
}
client.close();
