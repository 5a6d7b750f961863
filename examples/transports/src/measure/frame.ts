import type { Tick } from '../generated/ticker.client.js';
import { pause } from '../readers/pause.js';
import { addressOf, type Reading, type StartReading } from '../readers/reading.js';
import { piecesOf } from './pieces.js';

const PARAGRAPH = /^<p data-tick='([^']*)'>/;

/** Reads the paragraphs of an endless document, as a page reads those of its iframe. */
export const readFrame: StartReading = (reading) => {
  const stop = new AbortController();
  void readAgain(reading, stop.signal);
  return () => stop.abort();
};

async function readAgain(reading: Reading, signal: AbortSignal): Promise<void> {
  let { after } = reading;
  while (!signal.aborted) {
    const address = addressOf('frame', reading, after);
    try {
      for await (const line of piecesOf(address, { separator: '\n', signal })) {
        reading.opened();
        const [, json] = PARAGRAPH.exec(line) ?? [];
        if (json === undefined) continue;
        const tick = JSON.parse(json) as Tick;
        reading.read(tick);
        after = tick.number;
      }
    } catch {
      // A browser does not tell a page of it, which has to notice that nothing comes any more.
    }
    await pause(reading.timing.watchMs, signal);
  }
}
