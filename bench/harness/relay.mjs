import { once } from 'node:events';
import { connect, createServer } from 'node:net';

const STEP_MS = 10;
const BACKLOG = 4096;

/**
 * Starts a stretch of network before a server's port, which can stall, be slow, and be cut.
 * @param {number} targetPort
 * @param {{ bytesPerSecond?: number }} [options] how fast it reads from the server
 */
export async function startRelay(targetPort, { bytesPerSecond } = {}) {
  const sockets = new Set();
  const track = (socket) => {
    sockets.add(socket);
    socket.setNoDelay();
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    return socket;
  };
  const fars = new Set();
  const server = createServer((near) => {
    track(near);
    const far = track(connect(targetPort, '127.0.0.1'));
    fars.add(far);
    far.on('close', () => {
      fars.delete(far);
      near.destroy();
    });
    near.on('close', () => far.destroy());
    near.pipe(far);
    if (bytesPerSecond === undefined) far.on('data', (bytes) => near.write(bytes));
    else carrySlowly(far, near, bytesPerSecond);
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG });
  await once(server, 'listening');
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const close = () => {
    cut();
    server.close();
  };
  const stall = () => {
    for (const far of fars) far.pause();
  };
  return { port: server.address().port, cut, close, stall };
}

function carrySlowly(far, near, bytesPerSecond) {
  let allowed = 0;
  let last = performance.now();
  far.pause();
  const timer = setInterval(() => {
    const now = performance.now();
    // What was not used while there was nothing to read is gone.
    const most = (bytesPerSecond * STEP_MS * 2) / 1000;
    allowed = Math.min(most, allowed + (bytesPerSecond * (now - last)) / 1000);
    last = now;
    while (allowed >= 1) {
      const size = Math.min(Math.floor(allowed), far.readableLength);
      const bytes = size === 0 ? far.read(0) : far.read(size);
      if (bytes === null) return;
      allowed -= bytes.length;
      near.write(bytes);
    }
  }, STEP_MS);
  far.on('close', () => clearInterval(timer));
}
