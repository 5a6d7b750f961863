import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  bytesTableOf,
  conditionsOf,
  tableOf,
} from '../../examples/transports/src/measure/results-table.js';
import type { Results } from '../../examples/transports/src/measure/results.js';
import { readInterval } from '../../examples/transports/src/readers/interval.js';
import { TrafficMeter } from '../../examples/transports/src/server/traffic-meter.js';
import { TickReader } from '../../examples/transports/src/tick-reader.js';
import { timingOf } from '../../examples/transports/src/timing.js';
import { TRANSPORTS, type TransportName } from '../../examples/transports/src/transports.js';
import { readDocument } from './markdown.js';

const run = promisify(execFile);
const EXAMPLE = fileURLToPath(new URL('../../examples/transports/', import.meta.url));
const HOW =
  'run "npm run table -w examples/transports -- --write", and put its tables into the guide';

describe('the guide to transports', () => {
  const results = JSON.parse(readFileSync(`${EXAMPLE}results.json`, 'utf8')) as Results;
  const guide = readDocument('docs/guides/transports.md');

  it('quotes the figures that were measured', () => {
    expect(guide, HOW).toContain(tableOf(results));
    expect(guide, HOW).toContain(bytesTableOf(results));
  });

  it('says under which conditions they were measured', () => {
    expect(guide, HOW).toContain(conditionsOf(results));
  });

  it('says of figures that bear it out that nothing is lost', () => {
    for (const { transport, whole } of results.transports) {
      expect(whole, transport).toMatchObject({ ticks: results.ticks, lost: 0 });
    }
  });
});

describe('the tables of transports', () => {
  let results: Results;

  beforeAll(async () => {
    const args = ['dist/table.js', '--json', '--tick-ms', '25', '--delay-ms', '2'];
    const { stdout } = await run(process.execPath, args, { cwd: EXAMPLE, timeout: 50_000 });
    results = JSON.parse(stdout) as Results;
  }, 60_000);

  it('measures all transports, and loses no tick of any', () => {
    expect(results.transports.map(({ transport }) => transport)).toEqual(TRANSPORTS);
    for (const { transport, whole } of results.transports) {
      expect(whole, transport).toMatchObject({ ticks: results.ticks, lost: 0 });
    }
  });

  it('has ticks twice or out of order over interval polling alone', () => {
    for (const { transport, whole } of results.transports) {
      if (transport === 'interval') continue;
      expect(whole, transport).toMatchObject({ doubled: 0, outOfOrder: 0 });
    }
  });

  it('counts more requests and bytes for polls than for what stays open', () => {
    const trafficOf = (name: TransportName) => {
      const found = results.transports.find(({ transport }) => transport === name);
      if (found === undefined) throw new Error(`no results of "${name}"`);
      return found.traffic;
    };
    for (const poll of ['interval', 'chained', 'long'] as const) {
      for (const stream of ['events', 'trunkline'] as const) {
        expect(trafficOf(poll).requests).toBeGreaterThan(trafficOf(stream).requests);
        expect(trafficOf(poll).up).toBeGreaterThan(trafficOf(stream).up);
      }
    }
    // One connection before the cut, and one after it.
    for (const stream of ['events', 'trunkline'] as const) {
      expect(trafficOf(stream).requests).toBe(2);
    }
  });

  it('has the bytes of a tick that the guide quotes', () => {
    const { bytes: quoted } = JSON.parse(readFileSync(`${EXAMPLE}results.json`, 'utf8')) as Results;
    expect(results.bytes.map(({ title }) => title)).toEqual(quoted.map(({ title }) => title));
    for (const [index, { title, up, down }] of results.bytes.entries()) {
      const said = quoted[index] ?? { up: 0, down: 0 };
      // Dates in headers, and compressors of other versions, come out a little different.
      expect(Math.abs(up - said.up), `${title}, up`).toBeLessThanOrEqual(4 + said.up / 10);
      expect(Math.abs(down - said.down), `${title}, down`).toBeLessThanOrEqual(8 + said.down / 10);
    }
  });

  it('counts no byte up that the network did not carry', () => {
    const up = results.transports.reduce((sum, { traffic }) => sum + traffic.up, 0);
    expect(up).toBeGreaterThan(0);
    expect(up).toBeLessThanOrEqual(results.carried.up);
  });
});

describe('the meter of traffic', () => {
  it('counts each byte of a kept connection, for the transport that used it', async () => {
    const meter = new TrafficMeter();
    const server = createServer((_request, response) => response.end('ticks'));
    meter.watch(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const ask = asker(socket);
    const first = await ask('/ticks/long?run=one');
    await ask('/other');
    const second = await ask('/ticks/interval?run=one&after=1234567');
    const third = await ask('/ticks/long?run=one');
    socket.destroy();
    await new Promise((resolve) => server.close(resolve));

    const costs = meter.costs('one');
    expect(costs.long).toEqual({
      requests: 2,
      up: first.up + third.up,
      down: first.down + third.down,
    });
    expect(costs.interval).toEqual({ requests: 1, ...second });
    expect(costs.chained).toEqual({ requests: 0, up: 0, down: 0 });
    expect(meter.costs('two').long).toEqual({ requests: 0, up: 0, down: 0 });
  });
});

describe('the reader by interval polling', () => {
  it('asks without a cursor until it is answered, and then whether it is or not', async () => {
    const { asked, answer } = stubFetch();
    const timing = timingOf(250);
    const read: number[] = [];
    const stop = readInterval({
      base: 'http://localhost',
      run: 'one',
      after: undefined,
      timing,
      read: ({ number }) => read.push(number),
      opened: () => undefined,
    });
    await vi.advanceTimersByTimeAsync(3 * timing.pollMs);
    expect(asked).toEqual([null]);
    await answer([]);
    await vi.advanceTimersByTimeAsync(2 * timing.pollMs);
    expect(asked).toEqual([null, null]);
    await answer([{ number: 7, at: 0 }]);
    await vi.advanceTimersByTimeAsync(2 * timing.pollMs);
    expect(asked).toEqual([null, null, '7', '7']);
    expect(read).toEqual([7]);
    stop();
  });
});

describe('the reader of ticks', () => {
  it('counts what is lost, what comes twice and what comes out of order', () => {
    const reader = new TickReader();
    for (const number of [3, 4, 6, 5, 6, 9]) reader.read({ number, at: 100 * number }, 1000);
    expect(reader.figures()).toEqual({
      ticks: 5,
      lost: 2,
      doubled: 1,
      outOfOrder: 1,
      medianMs: 500,
      maxMs: 700,
    });
    expect(reader.figures({ from: 1, to: 4 })).toMatchObject({ ticks: 2, lost: 0, doubled: 0 });
    expect(reader.figures({ from: 5, to: 12 })).toMatchObject({ ticks: 3, lost: 5, doubled: 1 });
  });

  it('forgets what is old, and counts none of it as lost', () => {
    const reader = new TickReader();
    for (let number = 1; number <= 10_000; number++) reader.read({ number, at: 0 }, 0);
    const { ticks, lost } = reader.figures();
    expect(ticks).toBeLessThan(5_000);
    expect(lost).toBe(0);
  });
});

/** Asks on one connection, and gives the bytes of each question and its answer. */
function asker(socket: Socket): (path: string) => Promise<{ up: number; down: number }> {
  return async (path) => {
    const question = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    socket.write(question);
    let answer = '';
    while (!answer.endsWith('ticks')) {
      answer += String(await new Promise((resolve) => socket.once('data', resolve)));
    }
    return { up: question.length, down: answer.length };
  };
}

/** Takes the place of timers and `fetch`; answers what was asked last when it is told to. */
function stubFetch() {
  vi.useFakeTimers();
  const asked: (string | null)[] = [];
  let resolve: ((response: Response) => void) | undefined;
  vi.stubGlobal('fetch', (address: string) => {
    asked.push(new URL(address).searchParams.get('after'));
    return new Promise<Response>((settle) => (resolve = settle));
  });
  onTestFinished(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
  const answer = async (ticks: unknown): Promise<void> => {
    resolve?.(Response.json(ticks));
    await vi.advanceTimersByTimeAsync(0);
  };
  return { asked, answer };
}
