import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startRelay, type Relay } from '../support/relay.js';
import type { Host } from './case.js';
import { takeGonePort } from './gone-port.js';
import { StrangeUpgrades } from './strange-upgrade.js';

/** What a suite talks to beside the server itself. */
export interface RunningHost extends Host {
  close(): Promise<void>;
}

/** Where the servers of a suite listen. */
export interface ServerPorts {
  /** Of the contract `probe`. */
  readonly port: number;
  /** Of the contract `rig`. */
  readonly rigPort: number;
}

/** Puts relays, a control and what else the suite needs beside servers of this machine. */
export async function startHost({ port: serverPort, rigPort }: ServerPorts): Promise<RunningHost> {
  const relay = await startRelay(serverPort);
  const rigRelay = await startRelay(rigPort);
  const gone = await takeGonePort();
  const strange = new StrangeUpgrades();
  const control = createServer(controlOf([relay, rigRelay]));
  control.on('upgrade', (request, socket) => strange.answer(request, socket));
  control.listen(0, '127.0.0.1');
  await once(control, 'listening');
  const { port } = control.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${relay.port}`,
    directUrl: `ws://127.0.0.1:${serverPort}`,
    rigUrl: `ws://127.0.0.1:${rigRelay.port}`,
    goneUrl: `ws://127.0.0.1:${gone.port}`,
    strangeUrl: `ws://127.0.0.1:${port}`,
    controlUrl: `http://127.0.0.1:${port}`,
    close: async () => {
      strange.close();
      control.close();
      await Promise.all([once(control, 'close'), relay.close(), rigRelay.close(), gone.close()]);
    },
  };
}

/** Pages of any origin may use it; it serves for the length of a test. */
function controlOf(relays: readonly Relay[]): RequestListener {
  return (request, response) => {
    // A connection that is kept would keep a program running that has nothing more to do.
    response.setHeader('connection', 'close');
    response.setHeader('access-control-allow-origin', '*');
    const action = `${request.method} ${request.url}`;
    if (action === 'POST /cut') for (const relay of relays) relay.cut();
    else if (action === 'POST /restore') for (const relay of relays) relay.restore();
    else response.statusCode = 404;
    response.end();
  };
}
