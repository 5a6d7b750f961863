import type { Tick } from '../src/generated/ticker.client.js';
import { addressOf, type StartReading } from '../src/readers/reading.js';

/** Reads server-sent events; the browser connects again by itself and tells the last id. */
export const readEvents: StartReading = (reading) => {
  const source = new EventSource(addressOf('events', reading, reading.after));
  source.onopen = reading.opened;
  source.onmessage = ({ data }: MessageEvent<string>) => reading.read(JSON.parse(data) as Tick);
  return () => source.close();
};
