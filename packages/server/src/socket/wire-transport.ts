import type { WsTransport } from './ws-transport.js';

const TRANSPORT = Symbol('transport');

/** What calls listeners, with itself as `this`. */
interface Emitting {
  on(event: string, listener: (this: Emitting, ...args: never[]) => void): unknown;
}

/** A WebSocket, or a socket, that knows its transport: so its listeners are those of all others. */
interface Wired {
  [TRANSPORT]: WsTransport;
}

/** Lets a transport hear what comes of its WebSocket and of the socket below. */
export function wireTransport(webSocket: Emitting, socket: Emitting, transport: WsTransport): void {
  Object.assign(webSocket, { [TRANSPORT]: transport });
  Object.assign(socket, { [TRANSPORT]: transport });
  webSocket.on('error', webSocketOnError);
  webSocket.on('message', webSocketOnMessage);
  webSocket.on('ping', webSocketOnPing);
  webSocket.on('pong', webSocketOnPong);
  webSocket.on('close', webSocketOnClose);
  // Behind the listeners of the library, which has acted on the bytes then.
  socket.on('data', socketOnData);
  socket.on('end', socketOnEnd);
}

function transportOf(end: Emitting): WsTransport {
  return (end as unknown as Wired)[TRANSPORT];
}

function webSocketOnError(this: Emitting, error: Error): void {
  transportOf(this).webSocketOnError(error);
}

function webSocketOnMessage(this: Emitting, data: unknown, isBinary: boolean): void {
  // One Buffer, as the library gives unless told otherwise; its declared type is wider.
  transportOf(this).webSocketOnMessage(data as Buffer, isBinary);
}

function webSocketOnPing(this: Emitting, data: Buffer): void {
  transportOf(this).webSocketOnPing(data);
}

function webSocketOnPong(this: Emitting): void {
  transportOf(this).webSocketOnPong();
}

function webSocketOnClose(this: Emitting, code: number, reason: Buffer): void {
  transportOf(this).webSocketOnClose(code, reason);
}

function socketOnData(this: Emitting, chunk: Buffer): void {
  transportOf(this).socketOnData(chunk);
}

function socketOnEnd(this: Emitting): void {
  transportOf(this).socketOnEnd();
}
