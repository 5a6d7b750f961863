import type { Tick } from '../generated/ticker.client.js';
import { pause } from '../readers/pause.js';
import { addressOf, type Reading, type StartReading } from '../readers/reading.js';
import { piecesOf } from './pieces.js';

/** Reads server-sent events as the `EventSource` of a browser does, which this Node has not. */
export const readEvents: StartReading = (reading) => {
  const stop = new AbortController();
  void readAgain(reading, stop.signal);
  return () => stop.abort();
};

async function readAgain(reading: Reading, signal: AbortSignal): Promise<void> {
  const address = addressOf('events', reading, reading.after);
  let { retryMs } = reading.timing;
  let lastId: string | undefined;
  while (!signal.aborted) {
    const headers = {
      accept: 'text/event-stream',
      ...(lastId === undefined ? {} : { 'last-event-id': lastId }),
    };
    try {
      for await (const piece of piecesOf(address, { separator: '\n\n', headers, signal })) {
        const { id, data, retry } = fieldsOf(piece);
        if (retry !== undefined) retryMs = Number(retry);
        lastId = id ?? lastId;
        if (data !== undefined) reading.read(JSON.parse(data) as Tick);
        else reading.opened();
      }
    } catch {
      // A connection that is lost is made again, and told the last id.
    }
    await pause(retryMs, signal);
  }
}

function fieldsOf(piece: string): Partial<Record<string, string>> {
  const lines = piece.split('\n').map((line) => /^(\w+): ?(.*)$/.exec(line));
  return Object.fromEntries(lines.flatMap((line) => (line === null ? [] : [[line[1], line[2]]])));
}
