export type { DrainOptions, DrainReport } from './drain.js';
export { drainOnSignal, type DrainOnSignalOptions } from './drain-on-signal.js';
export type { Observer } from './observe/observer.js';
export { readiness, type RequestHandler, type ServerPhase } from './readiness.js';
export type { Rechecked, RecheckOptions } from './rechecks.js';
export type { ServerCounts } from './server-counts.js';
