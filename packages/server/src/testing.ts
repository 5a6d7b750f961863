import { SPOKEN, SUBPROTOCOLS } from '@trunkline/protocol';
import type { MemoryNetwork } from '@trunkline/protocol/testing';
import type { ConnectionInfo } from './routes/context.js';
import type { Server } from './server.js';

export { MemoryNetwork, VirtualRuntime, type MemoryConnection } from '@trunkline/protocol/testing';

const INFO: ConnectionInfo = {
  remoteAddress: '127.0.0.1',
  origin: undefined,
  headers: {},
  url: '/',
};

/** Lets a server take its connections from a network in memory instead of a port. */
export function acceptInMemory(
  server: Server,
  network: MemoryNetwork,
  info: Partial<ConnectionInfo> = {},
): void {
  const spoken = server.takesPacked ? SPOKEN : [SUBPROTOCOLS.superjson];
  network.listen((transport, subprotocol) => {
    const sink = server.accept(
      transport,
      { ...INFO, ...info },
      { packed: subprotocol === SUBPROTOCOLS.packed },
    );
    if (!spoken.includes(subprotocol))
      transport.close({ code: 'VERSION', reason: spoken.join(' ') });
    return sink;
  }, spoken);
}
