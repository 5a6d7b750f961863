import type { Runtime } from '@trunkline/protocol';
import type { OpenWatcher } from './watch.js';

/** What the command sees of the world around it. */
export interface Terminal {
  readonly cwd: string;
  /** Writes a line for who called. */
  out(text: string): void;
  /** Writes a line about what is wrong. */
  error(text: string): void;
  /** Resolves when the user wants to stop; until this is called, stopping kills. */
  untilStopped(): Promise<void>;
  readonly openWatcher: OpenWatcher;
  readonly runtime: Runtime;
  /** Whether it shows colours; it does not unless this says so. */
  readonly isColourful?: boolean;
  /** Environment variables. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** How the command ends: all is well; contracts or files are not; it was used wrongly. */
export const EXIT_CODES = { ok: 0, failed: 1, usage: 2 } as const;
