export {
  MemoryNetwork,
  VirtualRuntime,
  type Accept,
  type MemoryConnection,
} from '@trunkline/protocol/testing';
export { inspect, type ClientCounts } from './inspection.js';
