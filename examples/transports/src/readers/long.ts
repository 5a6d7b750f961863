import { fetchTicks } from './fetch-ticks.js';
import { pause } from './pause.js';
import { addressOf, type Reading, type StartReading } from './reading.js';

/** Asks at once after each answer; the server answers when there is something to tell. */
export const readLong: StartReading = (reading) => {
  const stop = new AbortController();
  void askInTurn(reading, stop.signal);
  return () => stop.abort();
};

async function askInTurn(reading: Reading, signal: AbortSignal): Promise<void> {
  let { after } = reading;
  while (!signal.aborted) {
    try {
      const ticks = await fetchTicks(addressOf('long', reading, after), signal);
      reading.opened();
      for (const tick of ticks) reading.read(tick);
      after = ticks.at(-1)?.number ?? after;
    } catch {
      await pause(reading.timing.retryMs, signal);
    }
  }
}
