import { fetchTicks } from './fetch-ticks.js';
import { pause } from './pause.js';
import { addressOf, type Reading, type StartReading } from './reading.js';

/** Asks again some time after the answer before has come. */
export const readChained: StartReading = (reading) => {
  const stop = new AbortController();
  void askInTurn(reading, stop.signal);
  return () => stop.abort();
};

async function askInTurn(reading: Reading, signal: AbortSignal): Promise<void> {
  let { after } = reading;
  while (!signal.aborted) {
    try {
      const ticks = await fetchTicks(addressOf('chained', reading, after), signal);
      reading.opened();
      for (const tick of ticks) reading.read(tick);
      after = ticks.at(-1)?.number ?? after;
    } catch {
      // The next poll asks for the same.
    }
    await pause(reading.timing.pollMs, signal);
  }
}
