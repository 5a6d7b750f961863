import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Runtime } from '@trunkline/protocol';

/** An HTTP answer in place of an upgrade. */
export interface Refusal {
  readonly status: number;
  /** What is wrong, for people; it holds nothing that the peer sent. */
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Name of the limit that was met, for observers. */
  readonly limit?: string;
}

/** A peer that does not take its answer keeps its socket no longer than this. */
const ANSWER_MS = 3_000;

/** Answers an upgrade request and ends its socket, whatever the peer does meanwhile. */
export function refuse(socket: Socket, refusal: Refusal, runtime: Runtime): void {
  socket.on('error', socketOnError);
  if (socket.destroyed) return;
  const timer = runtime.startTimer(ANSWER_MS, () => socket.destroy());
  socket.once('close', () => timer.cancel());
  socket.once('finish', () => socket.destroy());
  socket.end(formatRefusal(refusal));
}

function formatRefusal({ status, message, headers }: Refusal): string {
  const body = `${message}\n`;
  const fields = {
    connection: 'close',
    'content-type': 'text/plain',
    'content-length': String(body.length),
    ...headers,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`;
}

/** A reset while an answer is on its way is no fault of ours; without a listener it would throw. */
function socketOnError(): void {}
