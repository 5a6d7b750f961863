import { check, equal, fails } from './assertion.js';
import { KINDS } from './call-cases.js';
import type { Case } from './case.js';
import { changeOf, listen } from './watch.js';

/** What a call takes that a contract allows it. */
const LARGE_BYTES = 3_145_728;
/** The token is renewed at 75 % to 85 % of it, so that a busy machine has time. */
const TOKEN_MS = 4_000;

const moves: readonly Case[] = [
  {
    name: 'moves when its server drains, and loses nothing',
    run: async ({ connectRig, newRoom }) => {
      const { rig, connection } = connectRig();
      const name = newRoom();
      const topic = rig.news({ room: name });
      const news = listen(topic);
      await news.status('live');
      const held = rig.hold({ name });
      await rig.holding({ name });
      const before = await rig.where();
      for (const n of [1, 2, 3]) await topic.publish(n);
      const seen: string[] = [];
      const stop = connection.watch(({ status }) => seen.push(status));
      const moved = changeOf(connection, ({ status }) => status === 'live');
      await rig.move();
      await moved;
      for (const n of [4, 5, 6]) await topic.publish(n);
      equal(await rig.where(), before + 1);
      await rig.release({ name });
      equal(await held, 1);
      await news.subscription.reached(6);
      stop();
      equal(news.messages, [1, 2, 3, 4, 5, 6]);
      equal(news.gaps, []);
      check(
        seen.every((status) => status === 'live'),
        `it was ${seen.join(', ')} meanwhile`,
      );
    },
  },
  {
    name: 'renews its token in the connection before it ends',
    run: async ({ connectRig, newRoom }) => {
      const reasons: string[] = [];
      let renewed = (): void => {};
      const isRenewed = new Promise<void>((resolve) => (renewed = resolve));
      const client = connectRig({
        auth: ({ reason }) => {
          reasons.push(reason);
          if (reason === 'first') return `for-${TOKEN_MS}`;
          renewed();
          return 'for-600000';
        },
      });
      const { rig, connection } = client;
      const name = newRoom();
      const held = rig.hold({ name });
      await rig.holding({ name });
      const live = connection.state;
      await isRenewed;
      // Until the first token has surely ended.
      const never = rig.hold({ name: newRoom() }, { deadlineMs: TOKEN_MS / 3 });
      await fails(never, { code: 'DEADLINE' });
      await rig.release({ name });
      equal(await held, 1);
      equal(reasons, ['first', 'expiring']);
      check(connection.state === live, `the connection is ${connection.state.status} anew`);
    },
  },
];

const retries: readonly Case[] = [
  {
    name: 'makes an idempotent call again when its session is lost, and its handler runs once',
    run: async ({ connectRig, newRoom, cut, restore }) => {
      const { rig } = connectRig();
      const [name, other] = [newRoom(), newRoom()];
      const once = rig.holdOnce({ name });
      const plain = rig.hold({ name: other }).catch((error: unknown) => error);
      await Promise.all([rig.holding({ name }), rig.holding({ name: other })]);
      await cut();
      await restore();
      await fails(
        plain.then((error) => Promise.reject(error as Error)),
        { code: 'SESSION_LOST', executed: 'unknown' },
      );
      await rig.release({ name });
      equal(await once, 1);
    },
  },
];

const values: readonly Case[] = [
  {
    name: 'sends and gets a large value in chunks, which small ones pass',
    run: async ({ connectRig }) => {
      const { rig } = connectRig();
      await rig.where();
      const bytes = Uint8Array.from({ length: LARGE_BYTES }, (_, n) => (n * n) % 251);
      const order: string[] = [];
      const large = rig.mirror(bytes).finally(() => order.push('large'));
      await rig.where().finally(() => order.push('small'));
      const back = await large;
      check(back.length === LARGE_BYTES, `got ${back.length} bytes`);
      check(
        back.every((byte, index) => byte === bytes[index]),
        'expected the bytes that were sent',
      );
      equal(order, ['small', 'large']);
    },
  },
  {
    name: 'carries a large value over a cut',
    run: async ({ connect, cut, restore }) => {
      const { probe } = connect();
      await probe.echo({ text: 'the connection is there' });
      const bytes = Uint8Array.from({ length: 1_000_000 }, (_, n) => (n * n) % 253);
      const call = probe.kinds({ ...KINDS, bytes });
      await cut();
      await restore();
      equal((await call).bytes, bytes);
    },
  },
  {
    name: 'calls by superjson what has another layout at the server, and the rest packed',
    run: async ({ connectRig }) => {
      const { rig, connection } = connectRig();
      equal((await rig.paint({ color: 'blue' })).coats, 4);
      equal(connection.state.staleContracts, ['rig']);
      equal((await rig.paint({ color: 'red' })).coats, 3);
      equal(await rig.mirror(Uint8Array.of(1, 2)), Uint8Array.of(1, 2));
    },
  },
  {
    name: 'carries everything by superjson alone when it is told to',
    run: async ({ connect, newRoom }) => {
      const { probe } = connect({ packed: false });
      equal(await probe.kinds(KINDS), KINDS);
      equal(await probe.sum(undefined, [1, 2, 3]), { items: 3, sum: 6 });
      const seen: number[] = [];
      for await (const n of probe.count({ to: 100 })) seen.push(n);
      equal(seen.length, 100);
      const topic = probe.notes({ room: newRoom() });
      const notes = listen(topic);
      await notes.status('live');
      await topic.publish({ text: 'readable' });
      await notes.subscription.reached(1);
      equal(notes.messages, [{ text: 'readable' }]);
      await fails(probe.fail({ why: 'no' }), { code: 'REFUSED', data: { why: 'no' } });
    },
  },
];

/** Servers that move, tokens that end, calls that are made again, and the forms of values. */
export const rigCases: readonly Case[] = [...moves, ...retries, ...values];
