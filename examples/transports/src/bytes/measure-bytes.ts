import { setTimeout as wait } from 'node:timers/promises';
import type { Tick } from '../generated/ticker.client.js';
import { openEvents, openPolls } from './http-ways.js';
import { openTrunkline, openWebSocket } from './socket-ways.js';
import type { Way, WayBytes } from './way.js';

const WAYS: readonly Way[] = [
  { title: 'Poll, HTTP/1.1', open: () => openPolls('HTTP/1.1') },
  { title: 'Poll, HTTP/2', open: () => openPolls('HTTP/2') },
  { title: 'Server-sent events, HTTP/1.1', open: () => openEvents('HTTP/1.1', false) },
  { title: 'Server-sent events, HTTP/1.1, gzip', open: () => openEvents('HTTP/1.1', true) },
  { title: 'Server-sent events, HTTP/2', open: () => openEvents('HTTP/2', false) },
  { title: 'Server-sent events, HTTP/2, gzip', open: () => openEvents('HTTP/2', true) },
  { title: 'Bare WebSocket, JSON', open: () => openWebSocket(false) },
  { title: 'Bare WebSocket, JSON, deflate', open: () => openWebSocket(true) },
  { title: 'Trunkline', open: openTrunkline },
];
/** They fill the tables of headers, and what compression looks back at. */
const FIRST_TICKS = 8;
const COUNTED_TICKS = 24;
/** When the first tick is due; a fixed time, so that each run sends the same. */
const START_AT = 1_780_000_000_000;

/** Measures what one tick takes on each way, once the way is used to them. */
export function measureBytes(tickMs: number): Promise<WayBytes[]> {
  return Promise.all(WAYS.map((way) => measureWay(way, tickMs)));
}

async function measureWay({ title, open }: Way, tickMs: number): Promise<WayBytes> {
  const way = await open();
  try {
    const deliver = async (number: number): Promise<void> => {
      const tick: Tick = { number, at: START_AT + number * tickMs };
      await way.deliver(tick);
      // Whatever follows a tick, such as an acknowledgement, belongs to it.
      await wait(tickMs);
    };
    for (let number = 1; number <= FIRST_TICKS; number++) await deliver(number);
    const before = { ...way.carried };
    for (let number = 1; number <= COUNTED_TICKS; number++) await deliver(FIRST_TICKS + number);
    const each = (bytes: number): number => Math.round(bytes / COUNTED_TICKS);
    return {
      title,
      up: each(way.carried.up - before.up),
      down: each(way.carried.down - before.down),
    };
  } finally {
    await way.close();
  }
}
