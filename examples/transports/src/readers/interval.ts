import { fetchTicks } from './fetch-ticks.js';
import { addressOf, type StartReading } from './reading.js';

/** Asks at a fixed interval, whether the answer before has come or not. */
export const readInterval: StartReading = (reading) => {
  const stop = new AbortController();
  let { after } = reading;
  let isAsking = false;
  const ask = async (): Promise<void> => {
    const ticks = await fetchTicks(addressOf('interval', reading, after), stop.signal);
    reading.opened();
    for (const tick of ticks) {
      reading.read(tick);
      after = Math.max(tick.number, after ?? 0);
    }
  };
  const poll = (): void => {
    // Answers to two polls without a cursor would leave a hole between them.
    if (after === undefined && isAsking) return;
    isAsking = true;
    // What fails is asked for again by the next poll.
    void ask()
      .catch(() => undefined)
      .finally(() => (isAsking = false));
  };
  const timer = setInterval(poll, reading.timing.pollMs);
  poll();
  return () => {
    clearInterval(timer);
    stop.abort();
  };
};
