import type { Runtime } from '@trunkline/protocol';
import type { ContractDescription } from '@trunkline/contract';
import { colourful, plain } from '../paint.js';
import { parseToolUrl, parseWhole, shownUrl } from '../tool-url.js';
import { closeFacts, isQuiet } from './close-facts.js';
import { ConnectionReader } from './connection-reader.js';
import { LayoutBook } from './layout-book.js';
import { jsonOf, lineOf } from './line.js';
import { createFilter } from './record-filter.js';
import type { TapRecord } from './record.js';
import { Relay, type RelaySink } from './relay.js';
import { SessionBook } from './session-names.js';

/** The flags of `trunkline tap`. */
export interface TapFlags {
  readonly port?: string;
  readonly procedure?: readonly string[];
  readonly topic?: readonly string[];
  readonly kind?: readonly string[];
  readonly errors?: true;
  readonly raw?: true;
  readonly full?: true;
  readonly unmask?: true;
  readonly packed?: true;
  readonly insecure?: true;
  readonly json?: true;
}

/** What a tap is given by the command. */
export interface TapOptions {
  readonly url: string;
  readonly flags: TapFlags;
  /** Contracts whose packed payloads are to be read. */
  readonly contracts: readonly ContractDescription[];
  readonly runtime: Runtime;
  readonly isColourful: boolean;
  readonly out: (text: string) => void;
  /** Writes a line that is no part of the output. */
  readonly error: (text: string) => void;
  readonly stopped: Promise<void>;
}

/**
 * Listens, passes connections on and writes a line for each message, until it is stopped. Throws a
 * TypeError for flags that do not fit, and rejects when the port cannot be had.
 */
export async function runTap(options: TapOptions): Promise<void> {
  const { flags, runtime, stopped } = options;
  const target = parseToolUrl(options.url);
  const port = parseWhole(flags.port ?? '0', { option: '--port', min: 0, max: 65_535 });
  const write = createWriter(options);
  const relay = new Relay({
    target,
    packed: flags.packed === true,
    insecure: flags.insecure === true,
    runtime,
    sink: createSink(options, write),
  });
  const own = await relay.listen(port).catch((error: unknown) => {
    throw new TypeError(listenProblem(error, port), { cause: error });
  });
  const near = new URL(target);
  near.protocol = 'ws:';
  near.host = `localhost:${own}`;
  near.username = '';
  near.password = '';
  const [far, here] = [shownUrl(target.href), shownUrl(near.href)];
  options.error(`tapping "${far}"; connect the client to "${here}" instead`);
  if (flags.packed !== true) {
    options.error('only superjson is offered, so that values can be read; --packed changes that');
  }
  await stopped;
  await relay.close();
}

function createWriter({ flags, out, isColourful }: TapOptions): (record: TapRecord) => void {
  const isShown = createFilter({
    procedures: flags.procedure ?? [],
    topics: flags.topic ?? [],
    kinds: flags.kind ?? [],
    errors: flags.errors === true,
  });
  const paint = isColourful ? colourful : plain;
  const how = { full: flags.full === true, unmask: flags.unmask === true, paint };
  const write = flags.json === true ? jsonOf : lineOf;
  return (record) => {
    if (isShown(record)) out(write(record, how));
  };
}

function createSink(options: TapOptions, write: (record: TapRecord) => void): RelaySink {
  const { runtime, flags } = options;
  const sessions = new SessionBook();
  const layouts = new LayoutBook(options.contracts, { unmask: flags.unmask === true });
  const readers = new Map<number, ConnectionReader>();
  const now = (connection: number) => ({ connection, at: runtime.wallNow() });
  return {
    opened(connection, { url, subprotocol }) {
      const [raw, unmask] = [flags.raw === true, flags.unmask === true];
      const reader = { connection, sessions, layouts, runtime, raw, unmask };
      readers.set(connection, new ConnectionReader(reader));
      write({ kind: 'OPEN', ...now(connection), facts: { url: shownUrl(url), subprotocol } });
    },
    refused(connection, reason) {
      write({ kind: 'REFUSED', ...now(connection), facts: { reason }, isError: true });
    },
    passed(connection, { direction, bytes, isBinary }) {
      const records = readers.get(connection)?.read(direction, bytes, isBinary) ?? [];
      for (const record of records) write(record);
    },
    closed(connection, { direction, code, reason }) {
      readers.delete(connection);
      const facts = { by: direction === 'up' ? 'client' : 'server', ...closeFacts(code, reason) };
      write({ kind: 'CLOSE', ...now(connection), direction, facts, isError: !isQuiet(code) });
    },
  };
}

function listenProblem(error: unknown, port: number): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const mend =
    code === 'EADDRINUSE' ? '; choose another --port, or leave it out for a free one' : '';
  return `cannot listen on port ${port}: ${code}${mend}`;
}
