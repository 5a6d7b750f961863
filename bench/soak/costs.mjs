import { setTimeout as sleep } from 'node:timers/promises';
import { heldBytes, mebibytes, until } from './memory.mjs';

const STALLED = 4;
const DETACHED = 1_000;
const ROUNDS = 30;
/** What a server may hold for one session, whatever its client does. */
const SESSION_BYTES = 20 * 1_048_576;

/** What some states of a session cost its server, measured and held against bounds. */
export class Costs {
  #server;
  #crowd;
  #job;
  #feed;

  constructor({ server, crowd, job, feed }) {
    this.#server = server;
    this.#crowd = crowd;
    this.#job = job;
    this.#feed = feed;
  }

  /** Measures all, prints it, and gives what is over its bound. */
  async measure() {
    const faults = [];
    await this.#resumed();
    await this.#detached(faults);
    await this.#stalled(faults);
    return faults;
  }

  async #resumed() {
    const { times, bytes } = await this.#job({ what: 'resumed', rounds: ROUNDS });
    const sorted = times.next.toSorted((one, other) => one - other);
    const [half, most] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
    console.log(
      `a resumed session: ${half.toFixed(1)} ms from the cut to a result (median of ${ROUNDS}, most ${most.toFixed(1)} ms), ` +
        `of them 1 ms of waiting; the batch of RESUME has ${bytes.up} bytes, that of RESUMED ${bytes.down}`,
    );
  }

  async #detached(faults) {
    const before = await heldBytes();
    const sizes = {};
    const job = this.#job({ what: 'detached', count: DETACHED });
    for (const what of ['attached', 'detached']) {
      await this.#asked(what);
      const isThere = () =>
        this.#server.counts[what === 'attached' ? 'connections' : 'detached'] >= DETACHED;
      if (!(await until(isThere, 10_000)))
        faults.push(`${what}: ${JSON.stringify(this.#server.counts)}`);
      sizes[what] = ((await heldBytes()) - before) / DETACHED;
      this.#crowd.send({ what: 'go on' });
    }
    await job;
    console.log(
      `${DETACHED} sessions: ${sizes.attached.toFixed(0)} bytes of the server for each with its connection, ` +
        `${sizes.detached.toFixed(0)} for each without`,
    );
  }

  async #stalled(faults) {
    const before = await heldBytes();
    const job = this.#job({ what: 'stalled', count: STALLED });
    await this.#asked('stalled');
    let most = 0;
    const text = 'x'.repeat(8_000);
    for (const end = performance.now() + 6_000; performance.now() < end;) {
      for (let n = 0; n < 20; n++) await this.#feed(text);
      await sleep(50);
      most = Math.max(most, (await heldBytes()) - before);
    }
    const { sessions } = this.#server.counts;
    this.#crowd.send({ what: 'go on' });
    await job;
    const each = most / STALLED;
    console.log(
      `a client that reads nothing: ${mebibytes(each)} of the server at most (mean of ${STALLED}, topic history included), ` +
        `of ${mebibytes(SESSION_BYTES)}; ${sessions} sessions at the end`,
    );
    if (each > SESSION_BYTES) faults.push(`a client that reads nothing costs ${mebibytes(each)}`);
  }

  #asked(what) {
    return new Promise((resolve) => {
      const listen = (message) => {
        if (message.what !== what) return;
        this.#crowd.off('message', listen);
        resolve();
      };
      this.#crowd.on('message', listen);
    });
  }
}
