import { connect, type Socket } from 'node:net';

/** A WebSocket frame as it is on the wire. */
export interface RawFrame {
  /** First byte: FIN, reserved bits, opcode. */
  readonly first: number;
  readonly payload?: Uint8Array;
  /** Bytes of the mask; none for a frame without one. */
  readonly mask?: readonly number[] | undefined;
  /** What the frame says its length is, where that is not the truth. */
  readonly length?: number;
}

/** A frame that a server sent. */
export interface ServerFrame {
  readonly first: number;
  readonly payload: Buffer;
}

const REQUEST: Readonly<Record<string, string>> = {
  host: 'service.example',
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-protocol': 'trunkline.v1.superjson',
};

/** Writes a frame of a client, well formed or not. */
export function encodeRawFrame(frame: RawFrame): Buffer {
  const { first, payload = new Uint8Array(0), mask } = frame;
  const length = frame.length ?? payload.length;
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header[0] = first;
  header[1] = (header.length === 2 ? length : header.length === 4 ? 126 : 127) | (mask ? 128 : 0);
  if (header.length === 4) header.writeUInt16BE(length, 2);
  if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2);
  const masked = payload.map((byte, index) => byte ^ (mask?.[index % 4] ?? 0));
  return Buffer.concat([header, Buffer.from(mask ?? []), masked]);
}

/** Writes an upgrade request; `undefined` leaves a header out. */
export function upgradeRequest(
  headers: Readonly<Record<string, string | undefined>> = {},
  line = 'GET / HTTP/1.1',
): string {
  const fields = Object.entries({ ...REQUEST, ...headers })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return `${line}\r\n${fields.join('')}\r\n`;
}

/** A client that is nothing but a socket, so that a test can send what no library would. */
export class RawPeer {
  /** What came and was not taken yet. */
  received = Buffer.alloc(0);
  isEnded = false;
  readonly #waiting = new Set<() => void>();

  constructor(readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.#changed();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isEnded = true;
      this.#changed();
    });
  }

  /** Connects to a port of this machine. With `stays`, it does not end when the server does. */
  static async connect(port: number, { stays = false } = {}): Promise<RawPeer> {
    const options = { port, host: '127.0.0.1', noDelay: true, allowHalfOpen: stays };
    const socket = connect(options);
    await new Promise((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new RawPeer(socket);
  }

  /** Connects and upgrades; rejects when the answer is not 101. */
  static async upgrade(
    port: number,
    headers?: Readonly<Record<string, string | undefined>>,
  ): Promise<RawPeer> {
    const peer = await RawPeer.connect(port);
    peer.socket.write(upgradeRequest(headers));
    const answer = await peer.answer();
    if (!answer.startsWith('HTTP/1.1 101 ')) throw new Error(`not upgraded: ${answer}`);
    return peer;
  }

  /** Sends a frame, masked with zeros unless said otherwise. */
  send(frame: RawFrame): void {
    this.socket.write(encodeRawFrame({ mask: [0, 0, 0, 0], ...frame }));
  }

  /** Resolves when a condition holds; it is looked at whenever something comes. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.isEnded) throw new Error(`the socket ended; it left "${this.received.toString()}"`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** Takes the head of an HTTP answer; empty when the socket ended without one. */
  async answer(): Promise<string> {
    await this.until(() => this.isEnded || this.received.includes('\r\n\r\n'));
    const end = this.received.indexOf('\r\n\r\n') + 4;
    const head = this.received.subarray(0, end).toString();
    this.received = this.received.subarray(end);
    return head;
  }

  /** Takes the next frame of the server. */
  async frame(): Promise<ServerFrame> {
    await this.until(() => this.received.length >= 2);
    const short = this.received[1] as number;
    const start = short < 126 ? 2 : short === 126 ? 4 : 10;
    await this.until(() => this.received.length >= start);
    const length =
      start === 2
        ? short
        : this.received.readUIntBE(start === 4 ? 2 : 4, start - (start === 4 ? 2 : 4));
    await this.until(() => this.received.length >= start + length);
    const first = this.received[0] as number;
    const payload = this.received.subarray(start, start + length);
    this.received = this.received.subarray(start + length);
    return { first, payload };
  }

  /** Takes frames up to a close frame and gives its code and reason. */
  async closeFrame(): Promise<{ code: number; reason: string }> {
    for (;;) {
      const { first, payload } = await this.frame();
      if (first !== 0x88) continue;
      return { code: payload.readUInt16BE(0), reason: payload.subarray(2).toString() };
    }
  }

  /** Resolves when the socket is gone. */
  async ended(): Promise<void> {
    while (!this.isEnded) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  #changed(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}
