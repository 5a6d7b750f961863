export { MemoryNetwork, type Accept, type MemoryConnection } from './testing/memory-network.js';
export { VirtualRuntime } from './testing/virtual-runtime.js';
