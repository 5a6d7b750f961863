import type { Tick } from '../src/generated/ticker.client.js';
import { readChained } from '../src/readers/chained.js';
import { readInterval } from '../src/readers/interval.js';
import { readLong } from '../src/readers/long.js';
import type { StartReading } from '../src/readers/reading.js';
import { readTrunkline } from '../src/readers/trunkline.js';
import type { Costs } from '../src/traffic.js';
import { TIMING } from '../src/timing.js';
import { TRANSPORTS, type TransportName } from '../src/transports.js';
import { enableDisturbances } from './disturbances.js';
import { readEvents } from './events.js';
import { find } from './find.js';
import { readFrame } from './frame.js';
import { Panel } from './panel.js';

const READINGS: Readonly<Record<TransportName, StartReading>> = {
  interval: readInterval,
  chained: readChained,
  long: readLong,
  frame: readFrame,
  events: readEvents,
  trunkline: readTrunkline,
};
const DRAW_MS = 200;
const COSTS_MS = 1_000;

const run = Math.random().toString(36).slice(2, 8);
const template = find('#panel', HTMLTemplateElement);
const panels = TRANSPORTS.map((transport) => ({
  transport,
  panel: new Panel(transport, template),
}));

for (const { transport, panel } of panels) {
  READINGS[transport]({
    base: location.origin,
    run,
    after: undefined,
    timing: TIMING,
    read: (tick: Tick) => panel.reader.read(tick, Date.now()),
    opened: () => {},
  });
}
enableDisturbances(panels.map(({ panel }) => panel));
setInterval(() => panels.forEach(({ panel }) => panel.draw()), DRAW_MS);
void drawCosts();

/** Asks the server what each transport has cost, now and from time to time. */
async function drawCosts(): Promise<void> {
  try {
    const response = await fetch(`/costs?run=${run}`);
    const costs = (await response.json()) as Costs;
    for (const { transport, panel } of panels) panel.drawTraffic(costs[transport]);
  } catch {
    // The network may be cut just now.
  }
  setTimeout(() => void drawCosts(), COSTS_MS);
}
