import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { AcceptorRig, type AcceptorRigOptions } from '../../packages/server/tests/acceptor-rig.js';
import { RawPeer as RawSocket, upgradeRequest } from '../../packages/server/tests/raw-peer.js';
import type { Outcome } from './driver.js';

/** An acceptor whose limit is lowered, at a port of its own. */
export interface SocketRig {
  readonly rig: AcceptorRig;
  readonly port: number;
}

type Headers = Readonly<Record<string, string | undefined>>;

/** Sends a request, and gives what it was answered; the socket stays open. */
export async function ask(
  port: number,
  text: string,
): Promise<{ status: number; peer: RawSocket }> {
  const peer = await RawSocket.connect(port);
  peer.socket.write(text);
  const [, status = '0'] = (await peer.answer()).split(' ');
  return { status: Number(status), peer };
}

/** What a request came to, where this status is the usual one. */
export function statusOutcome(status: number, usual: number): Outcome {
  return status === usual ? 'works' : { kind: 'http', status };
}

/** Opens sockets, and says what became of the last one. */
export async function upgradeAll(
  port: number,
  amount: number,
  { headers = {}, pause }: { headers?: Headers; pause?: () => Promise<void> } = {},
): Promise<Outcome> {
  let outcome: Outcome = 'works';
  for (let n = 0; n < amount && outcome === 'works'; n++) {
    const { status } = await ask(port, upgradeRequest(headers));
    outcome = statusOutcome(status, 101);
    await pause?.();
  }
  return outcome;
}

/**
 * Lets `act` try a limit of sockets; then all of them are ended, time passes, and another one is let
 * in as at first. Nothing is left afterwards.
 */
export async function withAcceptor(
  limits: AcceptorRigOptions['limits'],
  act: (rig: SocketRig) => Promise<Outcome>,
): Promise<Outcome> {
  const rig = new AcceptorRig({ ...(limits && { limits }), trustedProxies: ['127.0.0.1'] });
  try {
    const port = await rig.listen();
    const outcome = await act({ rig, port });
    for (const { transport } of rig.connections) transport.abort();
    await rig.until(() => rig.connections.every(({ closes }) => closes.length > 0));
    await rig.runtime.advance(10_000);
    const again = await ask(port, upgradeRequest());
    if (again.status !== 101) throw new Error(`the next one was answered ${again.status}`);
    return outcome;
  } finally {
    await rig.dispose();
  }
}

/** What came first of a socket: the next message at the server, or a close frame. */
export async function batchOrClose(
  { rig }: SocketRig,
  peer: RawSocket,
  batches = 1,
): Promise<Outcome> {
  const { connection } = rig;
  const arrived = rig
    .until(() => connection.batches.length >= batches)
    .then(() => 'works' as const);
  const closed = peer.closeFrame().then(({ code }): Outcome => ({ kind: 'close', code }));
  // The one that loses may wait for ever, or fail with the socket.
  closed.catch(() => undefined);
  return Promise.race([arrived, closed]);
}

/** A server of somebody else, whose sockets a test can reach. */
export async function withServerSocket(
  limits: AcceptorRigOptions['limits'],
  act: (rig: SocketRig, peer: RawSocket, socket: Socket) => Promise<Outcome>,
): Promise<Outcome> {
  const rig = new AcceptorRig({ ...(limits && { limits }) });
  const sockets: Socket[] = [];
  const server = createServer();
  server.on('connection', (socket) => void sockets.push(socket));
  rig.acceptor.mount(server);
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const peer = await RawSocket.upgrade(port);
    return await act({ rig, port }, peer, sockets[0] as Socket);
  } finally {
    await rig.dispose();
    await new Promise((resolve) => server.close(resolve));
  }
}
