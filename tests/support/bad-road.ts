import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** One direction of a connection: what comes, and how it is passed on. */
export type PassOn = (bytes: Buffer, to: Socket, from: Socket) => void;

/** What a road does to a connection. */
export interface RoadFaults {
  /** Passes on what the client sends; as it is when left out. Made for each connection. */
  readonly up?: () => PassOn;
  /** Passes on what the server sends. */
  readonly down?: () => PassOn;
  /** Ends a connection on which nothing came for so long. */
  readonly idleMs?: number;
}

/** A stretch of network that does something wrong. */
export interface BadRoad extends AsyncDisposable {
  readonly port: number;
}

const asItIs = (): PassOn => (bytes, to) => void to.write(bytes);

/** Starts a road to a port of this machine. */
export async function startBadRoad(targetPort: number, faults: RoadFaults): Promise<BadRoad> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(targetPort, 'localhost');
    const up = (faults.up ?? asItIs)();
    const down = (faults.down ?? asItIs)();
    near.on('data', (bytes: Buffer) => up(bytes, far, near));
    far.on('data', (bytes: Buffer) => down(bytes, near, far));
    for (const [end, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(end);
      end.setNoDelay();
      end.on('error', () => end.destroy());
      end.on('end', () => other.end());
      end.on('close', () => {
        sockets.delete(end);
        other.destroy();
      });
      if (faults.idleMs !== undefined) end.setTimeout(faults.idleMs, () => end.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Ends a connection when a WebSocket message of the client is longer than this. */
export function cutAbove(bytes: number): () => PassOn {
  return () => {
    let wasAnswered = false;
    return (piece, to, from) => {
      const isLong = wasAnswered && sizeOfFrame(piece) > bytes;
      wasAnswered = true;
      if (isLong) from.destroy();
      else to.write(piece);
    };
  };
}

/** Passes on only the first WebSocket message of those that come together. */
export function oneMessageAtATime(): PassOn {
  let wasAnswered = false;
  let left = 0;
  return (piece, to) => {
    const size = wasAnswered ? left || sizeOfFrame(piece) : piece.length;
    wasAnswered = true;
    left = Math.max(0, size - piece.length);
    to.write(piece.subarray(0, size));
  };
}

/** Collects what comes, and passes it on from time to time. */
export function collectFor(ms: number): () => PassOn {
  return () => {
    const waiting: Buffer[] = [];
    return (piece, to) => {
      waiting.push(piece);
      if (waiting.length > 1) return;
      // Its timer ends by itself; what is written to an end is dropped.
      setTimeout(() => to.write(Buffer.concat(waiting.splice(0))), ms);
    };
  };
}

/** Ends the connection where the server says a Close frame. */
export function withoutCloses(): PassOn {
  return (piece, to, from) => {
    if (piece[0] === 0x88) from.destroy();
    else to.write(piece);
  };
}

/** Bytes of the frame that begins here, head and mask included. */
function sizeOfFrame(piece: Buffer): number {
  const mask = ((piece[1] ?? 0) & 0x80) === 0 ? 0 : 4;
  const short = (piece[1] ?? 0) & 0x7f;
  if (short < 126) return 2 + mask + short;
  return short === 126
    ? 4 + mask + piece.readUInt16BE(2)
    : 10 + mask + Number(piece.readBigUInt64BE(2));
}
