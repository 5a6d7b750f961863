import type { Tick } from '../generated/ticker.client.js';
import { Network } from '../network.js';
import { readChained } from '../readers/chained.js';
import { readInterval } from '../readers/interval.js';
import { readLong } from '../readers/long.js';
import { pause } from '../readers/pause.js';
import type { StartReading } from '../readers/reading.js';
import { readTrunkline } from '../readers/trunkline.js';
import { runServer } from '../server/run-server.js';
import type { Costs } from '../traffic.js';
import { TickReader } from '../tick-reader.js';
import type { Timing } from '../timing.js';
import { TRANSPORTS, type TransportName } from '../transports.js';
import { readEvents } from './events.js';
import { readFrame } from './frame.js';
import { CUT_AFTER, LAST_TICK, LATE_AFTER, PHASES, type PhaseName } from './phases.js';
import type { Results, TransportResult } from './results.js';

const READINGS: Readonly<Record<TransportName, StartReading>> = {
  interval: readInterval,
  chained: readChained,
  long: readLong,
  frame: readFrame,
  events: readEvents,
  trunkline: readTrunkline,
};
const RUN = 'table';
const POLL_MS = 10;
/** Longer than any of them takes to come back after a cut. */
const PATIENCE_MS = 15_000;

/** How a run is measured. */
export interface MeasureOptions {
  readonly timing: Timing;
  readonly delayMs: number;
}

/** Gives the same ticks over all transports at the same time, through one network, and measures. */
export async function measure({
  timing,
  delayMs,
}: MeasureOptions): Promise<Omit<Results, 'bytes'>> {
  const server = await runServer(
    { timing, page: undefined },
    {
      made: (number) => {
        // Between two ticks, so that none of them is half sent.
        if (number === LATE_AFTER) setTimeout(() => server.tell('beLate'), timing.tickMs / 2);
        if (number === CUT_AFTER) network.cut(timing.cutMs);
      },
    },
  );
  const network = new Network({ target: server.port, port: 0, delayMs });
  await network.listen();
  const costs = async (): Promise<Costs> => {
    // Past the network, whose bytes are those of the readers alone.
    const response = await fetch(`http://127.0.0.1:${server.port}/costs?run=${RUN}`);
    return (await response.json()) as Costs;
  };
  const readers = startReaders(`http://127.0.0.1:${network.port}`, timing);
  try {
    await until(async () => {
      const all = Object.values(await costs());
      return readers.isTrunklineLive() && all.every(({ requests }) => requests > 0);
    });
    server.tell('start');
    const startedAt = performance.now();
    await until(() => readers.all.every(({ reader }) => (reader.newest ?? 0) >= LAST_TICK));
    const seconds = (performance.now() - startedAt) / 1000;
    const spent = await costs();
    return {
      delayMs,
      tickMs: timing.tickMs,
      ticks: LAST_TICK,
      seconds,
      node: process.version,
      carried: { ...network.carried },
      transports: readers.all.map((one) => resultOf(one, spent)),
    };
  } finally {
    readers.stop();
    await network.close();
    await server.close();
  }
}

interface NamedReader {
  readonly transport: TransportName;
  readonly reader: TickReader;
}

function startReaders(base: string, timing: Timing) {
  let isTrunklineLive = false;
  const started = TRANSPORTS.map((transport) => {
    const reader = new TickReader();
    const stop = READINGS[transport]({
      base,
      run: RUN,
      after: 0,
      timing,
      read: (tick: Tick) => reader.read(tick, Date.now()),
      opened: () => {
        if (transport === 'trunkline') isTrunklineLive = true;
      },
    });
    return { transport, reader, stop };
  });
  return {
    all: started,
    isTrunklineLive: () => isTrunklineLive,
    stop: () => started.forEach(({ stop }) => stop()),
  };
}

function resultOf({ transport, reader }: NamedReader, costs: Costs): TransportResult {
  const names = Object.keys(PHASES) as PhaseName[];
  const phases = names.map((name) => [name, reader.figures(PHASES[name])] as const);
  return {
    transport,
    traffic: costs[transport],
    whole: reader.figures({ from: 1, to: LAST_TICK }),
    phases: Object.fromEntries(phases) as TransportResult['phases'],
  };
}

async function until(isReached: () => boolean | Promise<boolean>): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE_MS * 2);
  while (!(await isReached())) {
    if (signal.aborted) throw new Error('a reader has not come to its end in time');
    await pause(POLL_MS, signal);
  }
}
