import { loadSuperjson } from './value/superjson.js';

export {
  MemoryNetwork,
  VirtualRuntime,
  type Accept,
  type MemoryConnection,
} from '@trunkline/protocol/testing';
export { inspect, type ClientCounts } from './inspection.js';

// With it, nothing in a test on virtual time waits for a file.
await loadSuperjson();
export { listClientLimits } from './connection/client-limit-table.js';
