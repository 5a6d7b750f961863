import { setTimeout as pause } from 'node:timers/promises';
import { startRelay } from '../harness/relay.mjs';
import { ItemsInput, Message, createMessages } from '../schemas/message.mjs';

const STALL_MS = 3000;
const ITEM_BYTES = 1024;
// The server's memory has to hold them all where nothing stops it.
const MOST_ITEMS = 256 * 1024;
const READ_BEFORE = 100;

const { make, check } = createMessages(ITEM_BYTES);
let produced = 0;

/** @type {import('../harness/catalog.mjs').Scenario} */
export const scenario = {
  title: 'a reader that stalls for 3 s: produced and not delivered, of 256 MiB at most',
  row: 'reader stalls for 3 s: produced, not delivered',
  rounds: 1,
  unit: 'item',
  connections: 0,
  member: {
    kind: 'stream',
    name: 'items',
    input: ItemsInput,
    item: Message,
    *produce({ count }) {
      for (produced = 0; produced < count; produced++) yield make(produced);
    },
  },
  check,
  acts: { produced: () => produced },
  columns: [['heldMiB', 'MiB held']],
  marks: [{ of: 'heldMiB', atMost: 1 }],
  limitMs: 30_000,
  async drive(_, { isWarmup, port, connect, ask, check: isRight }) {
    if (isWarmup) return { count: 1 };
    const relay = await startRelay(port);
    const client = await connect(relay.port);
    let seq = 0;
    const begun = new Promise((resolve, reject) => {
      const onItem = (item) => {
        if (!isRight(item, seq)) reject(new Error(`expected item ${seq}, got another`));
        seq += 1;
        if (seq === READ_BEFORE) {
          relay.stall();
          resolve();
        }
      };
      // It never ends well: the connection is cut with the relay.
      client.read({ count: MOST_ITEMS }, onItem).catch(() => {});
    });
    await begun;
    await pause(STALL_MS);
    const heldMiB = (((await ask('produced')) - seq) * ITEM_BYTES) / 1024 / 1024;
    relay.close();
    await client.close();
    return { count: seq, figures: { heldMiB } };
  },
};
