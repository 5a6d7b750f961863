import type { WayBytes } from '../bytes/way.js';
import type { Traffic } from '../traffic.js';
import type { Figures } from '../tick-reader.js';
import type { TransportName } from '../transports.js';
import type { PhaseName } from './phases.js';

/** What was measured of one transport. */
export interface TransportResult {
  readonly transport: TransportName;
  readonly traffic: Traffic;
  /** What the reader saw of all ticks. */
  readonly whole: Figures;
  /** What it saw of the ticks of each part. */
  readonly phases: Readonly<Record<PhaseName, Figures>>;
}

/** What was measured in one run: every transport with the same ticks at the same time. */
export interface Results {
  /** How long bytes were on their way in each direction. */
  readonly delayMs: number;
  readonly tickMs: number;
  readonly ticks: number;
  readonly seconds: number;
  readonly node: string;
  /** Bytes that the network carried for all of them. */
  readonly carried: { readonly up: number; readonly down: number };
  readonly transports: readonly TransportResult[];
  /** What one tick takes, with other versions of HTTP and with compression. */
  readonly bytes: readonly WayBytes[];
}
