export { failuresTo, logTo, type LogOptions } from './pino/log-to.js';
export type { Log } from './pino/log.js';
