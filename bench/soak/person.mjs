import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@trunkline/client';
import { inspect } from '@trunkline/client/testing';
import { soak } from './contract.mjs';

const below = (limit) => Math.floor(Math.random() * limit);
let keys = 0;

/** What all people have seen. */
export class Tally {
  done = {};
  failed = {};
  items = 0;
  messages = 0;
  gaps = 0;
  lives = 0;
  /** What broke a guarantee. */
  faults = [];
  /** Calls that have settled, and whether their handler must have run. */
  settled = [];

  count(into, name) {
    into[name] = (into[name] ?? 0) + 1;
  }

  fault(text) {
    this.faults.push(text);
  }
}

/** Somebody with a client, who does this and that for some time and leaves in the middle of it. */
export class Person {
  #tally;
  #client;
  #isLeaving = false;
  #work = [];

  constructor(tally, port) {
    this.#tally = tally;
    this.#client = connect(`ws://127.0.0.1:${port}`, {
      contracts: { soak },
      reconnect: { minMs: 5, maxMs: 200 },
    });
  }

  /** Does things until it is time to go; resolves when all of them have ended. */
  async live(ms) {
    const until = performance.now() + ms;
    const hands = Array.from({ length: 4 }, () => this.#keepBusy(until));
    const reader = this.#read(below(8), until);
    await Promise.all(hands);
    // Half of them close the door while something is still going on.
    if (below(2) === 0) this.#work.push(this.#slow(), this.#count());
    this.#isLeaving = true;
    this.#client.close();
    await Promise.all([...this.#work, reader]);
    const { pendingCalls, subscriptions } = inspect(this.#client);
    if (pendingCalls + subscriptions > 0)
      this.#tally.fault(`a client that was closed holds ${pendingCalls} calls`);
    this.#tally.lives++;
  }

  async #keepBusy(until) {
    const things = [
      () => this.#add(),
      () => this.#slow(),
      () => this.#blob(),
      () => this.#count(),
      () => this.#sum(),
      () => this.#double(),
      () => this.#cancel(),
      () => this.#leaveStream(),
    ];
    while (performance.now() < until) {
      await things[below(things.length)]();
      if (below(3) === 0) await sleep(below(30));
    }
  }

  /** Runs one thing, and says how it ended; it may only fail where it was withdrawn. */
  async #do(name, run, mayFail = () => false) {
    try {
      await run();
      this.#tally.count(this.#tally.done, name);
    } catch (error) {
      const code = error.code ?? error.message;
      this.#tally.count(this.#tally.failed, `${name} ${code}`);
      const isLeft = this.#isLeaving && ['CANCELLED', 'UNAVAILABLE'].includes(code);
      if (!isLeft && !mayFail(error))
        this.#tally.fault(`${name} failed: ${code} ${error.message} ${error.executed}`);
    }
  }

  #expect(holds, text) {
    if (!holds) this.#tally.fault(text);
  }

  #key() {
    return `${process.pid} ${++keys}`;
  }

  /** Notes for the server whether the handler of a call may, must or must not have run. */
  async #keyed(key, call) {
    try {
      const value = await call;
      this.#tally.settled.push([key, 'yes']);
      return value;
    } catch (error) {
      this.#tally.settled.push([key, error.executed ?? 'unknown']);
      throw error;
    }
  }

  #add() {
    return this.#do('add', async () => {
      const [key, a, b] = [this.#key(), below(1e6), below(1e6)];
      const sum = await this.#keyed(key, this.#client.soak.add({ key, a, b }));
      this.#expect(sum === a + b, `${a} + ${b} is ${sum}`);
    });
  }

  #slow() {
    return this.#do('slow', async () => {
      const key = this.#key();
      const told = await this.#keyed(key, this.#client.soak.slow({ key, ms: below(150) }));
      this.#expect(told === key, `${told} for ${key}`);
    });
  }

  #cancel() {
    const abort = new AbortController();
    return this.#do(
      'cancel',
      async () => {
        const key = this.#key();
        const call = this.#client.soak.slow({ key, ms: 5_000 }, { signal: abort.signal });
        void sleep(below(40)).then(() => abort.abort());
        await this.#keyed(key, call);
        this.#tally.fault('a call that was cancelled has a result');
      },
      ({ code }) => code === 'CANCELLED',
    );
  }

  #blob() {
    return this.#do('blob', async () => {
      const bytes = new Uint8Array(below(4) === 0 ? 900_000 : below(120_000)).fill(below(256));
      bytes[0] = bytes.length & 255;
      const back = await this.#client.soak.blob(bytes);
      this.#expect(
        Buffer.compare(back, bytes) === 0,
        `${back.length} other bytes for ${bytes.length}`,
      );
    });
  }

  #count() {
    return this.#do('count', async () => {
      const [to, size] = [below(600), below(5) === 0 ? 40_000 : below(200)];
      let n = 0;
      for await (const item of this.#client.soak.count({
        to: size > 1_000 ? below(8) : to,
        size,
      })) {
        this.#expect(Number(item) === n, `item ${item.trim()} for ${n}`);
        n++;
        this.#tally.items++;
      }
    });
  }

  #leaveStream() {
    return this.#do('leave', async () => {
      let n = 0;
      for await (const item of this.#client.soak.count({ to: 1e6, size: 20 })) {
        this.#expect(Number(item) === n, `item ${item.trim()} for ${n}`);
        if (++n > 200 + below(100)) break;
      }
      this.#tally.items += n;
    });
  }

  #sum() {
    return this.#do('sum', async () => {
      const count = below(200);
      const sum = await this.#client.soak.sum(undefined, numbers(count));
      this.#expect(sum === (count * (count - 1)) / 2, `a sum of ${count} is ${sum}`);
      this.#tally.items += count;
    });
  }

  #double() {
    return this.#do('double', async () => {
      const count = below(200);
      const stream = this.#client.soak.double(undefined, numbers(count));
      let n = 0;
      for await (const item of stream) this.#expect(item === 2 * n++, `twice ${n - 1} is ${item}`);
      const told = await stream.output;
      this.#expect(n === count && told === count, `${n} and ${told} of ${count}`);
      this.#tally.items += n;
    });
  }

  /** Reads a topic: every message comes, or a gap says which did not. */
  async #read(room, until) {
    let last;
    const onGap = ({ to }) => {
      this.#tally.gaps++;
      last = to;
    };
    await this.#do('read', async () => {
      for await (const { n } of this.#client.soak.ticks({ room }, { onGap })) {
        if (last !== undefined) this.#expect(n === last + 1, `message ${n} behind ${last}`);
        last = n;
        this.#tally.messages++;
        if (performance.now() > until) break;
      }
    });
  }
}

async function* numbers(count) {
  for (let n = 0; n < count; n++) {
    if (n % 50 === 49) await sleep(below(10));
    yield n;
  }
}
