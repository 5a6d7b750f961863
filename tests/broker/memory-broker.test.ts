import { MemoryBroker } from '@trunkline/server';
import { VirtualRuntime } from '@trunkline/server/testing';
import { describeBroker } from './broker-suite.js';

describeBroker('MemoryBroker', () => {
  const broker = new MemoryBroker({ runtime: new VirtualRuntime() });
  return { here: broker, there: broker };
});
