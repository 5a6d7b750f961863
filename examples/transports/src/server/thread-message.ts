import type { Timing } from '../timing.js';

/** What a server is started with. */
export interface ServerData {
  readonly timing: Timing;
  /** The folder of the page that Vite has built; without one no page is served. */
  readonly page: string | undefined;
}

/** What the main thread tells the server. */
export type ToServer = 'start' | 'beLate' | 'close';

/** What the server tells the main thread. */
export type FromServer =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'made'; readonly number: number }
  | { readonly kind: 'cut' };
