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
  let latest;
  /** Bytes of the first WebSocket frame each way of the newest connection, its head left out. */
  const firstFrames = () => ({ up: latest?.up(), down: latest?.down() });
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
    latest = { up: firstFrameOf(near), down: firstFrameOf(far) };
    if (bytesPerSecond === undefined) far.on('data', (bytes) => near.write(bytes));
    else carrySlowly(far, near, bytesPerSecond);
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG });
  await once(server, 'listening');
  const cut = () => {
    for (const socket of sockets) reset(socket);
  };
  const close = () => {
    cut();
    server.close();
  };
  /** Cuts the connection at this place, from 0 to below 1, among those that there are. */
  const cutOne = (place) => {
    const far = [...fars][Math.floor(place * fars.size)];
    if (far !== undefined) reset(far);
    return far !== undefined;
  };
  const stall = () => {
    for (const far of fars) far.pause();
  };
  return { port: server.address().port, cut, cutOne, close, stall, firstFrames };
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

/** Node cannot reset a socket that is just ending, and its process would then hang at its end. */
function reset(socket) {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

/** Watches a socket for its first frame behind the HTTP upgrade; gives how long its payload is. */
function firstFrameOf(socket) {
  let seen = Buffer.alloc(0);
  const watch = (bytes) => {
    seen = Buffer.concat([seen, bytes]);
    if (seen.length > 4_096) socket.off('data', watch);
  };
  socket.on('data', watch);
  return () => {
    const at = seen.indexOf('\r\n\r\n') + 4;
    const short = seen[at + 1] & 127;
    return short < 126 ? short : seen.readUInt16BE(at + 2);
  };
}
