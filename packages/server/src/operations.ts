export type { DrainOptions, DrainReport } from './drain/drain.js';
export type { DrainOnSignalOptions } from './drain/drain-on-signal.js';
export type { Identity } from './session.js';
export type { Observed, Observer } from './observe/observer.js';
export type { RequestHandler, ServerPhase } from './upgrade/readiness.js';
export type { Rechecked, RecheckOptions } from './connection/rechecks.js';
export type { ServerCounts } from './server-counts.js';
