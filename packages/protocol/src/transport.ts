import type { Close } from './close-code.js';

/** The one seam to a socket. Its owner writes batches and closes; both are synchronous. */
export interface Transport {
  /** Hands batches to the socket, in order, in one write. They are not changed afterwards. */
  write(batches: readonly Uint8Array[]): void;
  /** Hands over one batch in parts, where the socket need not have them joined. */
  writeParts?(parts: readonly Uint8Array[]): void;
  /** Bytes that were handed over and have not left the process. */
  readonly bufferedBytes: number;
  /** Closes after what was written. The sink's `closed` is still called. Idempotent. */
  close(close: Close): void;
  /** Ends at once and drops what is buffered. The sink's `closed` is still called. Idempotent. */
  abort(): void;
}

/** How a connection ended, as the socket reports it. */
export interface Closed {
  /** WebSocket close code; 1006 for a cut. */
  readonly code: number;
  readonly reason: string;
}

/**
 * What a transport calls. None of these throws, and none is called after `closed`, which comes
 * exactly once.
 */
export interface TransportSink {
  /** A binary message has arrived. The bytes may be reused after the call. */
  receive(batch: Uint8Array): void;
  /** A text message has arrived, which the protocol does not have. */
  receiveText(): void;
  /** Less than the write-ahead limit is buffered again. */
  writable(): void;
  closed(closed: Closed): void;
}

/** What a transport that is being opened calls: `opened` at most once, then as `TransportSink`. */
export interface DialSink extends TransportSink {
  /** The connection is open; `subprotocol` is what the server chose, or empty. */
  opened(subprotocol: string): void;
}

/**
 * Opens a connection. `closed` is also called when it never opened, with code 1006. Nothing is
 * called before this function has returned.
 */
export type Dial = (url: string, subprotocols: readonly string[], sink: DialSink) => Transport;
