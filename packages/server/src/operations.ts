export type { DrainOptions, DrainReport } from './drain.js';
export type { DrainOnSignalOptions } from './drain-on-signal.js';
export type { Identity } from './session.js';
export type { Observed, Observer } from './observe/observer.js';
export type { RequestHandler, ServerPhase } from './readiness.js';
export type { Rechecked, RecheckOptions } from './rechecks.js';
export type { ServerCounts } from './server-counts.js';
