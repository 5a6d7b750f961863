/** The transports, in the order in which they are shown. Each is the last part of its path. */
export const TRANSPORTS = ['interval', 'chained', 'long', 'frame', 'events', 'trunkline'] as const;

/** One of the transports. */
export type TransportName = (typeof TRANSPORTS)[number];

/** What people call them. */
export const TITLES: Readonly<Record<TransportName, string>> = {
  interval: 'Interval polling',
  chained: 'Chained polling',
  long: 'Long polling',
  frame: 'Iframe stream',
  events: 'Server-sent events',
  trunkline: 'Trunkline',
};
