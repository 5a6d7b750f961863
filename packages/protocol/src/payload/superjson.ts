import { SuperJSON } from 'superjson';
import { Reader } from '../bytes/reader.js';
import { utf8Decoder, utf8Encoder } from '../bytes/text.js';
import { Writer } from '../bytes/writer.js';
import type { DecodeLimits } from '../limits.js';
import { BinarySlot, CarriageWalk, takeBinaries } from './carry.js';
import type { Decoded, Encoded } from './fault.js';
import { Gate } from './gate.js';
import { scanJson } from './scan.js';

const annotator = new SuperJSON();
annotator.registerCustom<BinarySlot, number>(
  {
    isApplicable: (value): value is BinarySlot => value instanceof BinarySlot,
    serialize: (slot) => slot.index,
    // Nothing that a peer sent is ever given to superjson.
    deserialize: () => {
      throw new Error('superjson reads nothing here');
    },
  },
  'binary',
);

/** One for all payloads: what it gives away it does not write again. */
const writer = new Writer();

/**
 * Writes a value as a superjson payload (PROTOCOL.md, "Payloads"). What cannot be carried, and
 * what the receiver's limits would refuse, is a fault that names the path.
 */
export function encodeSuperjson(value: unknown, limits: DecodeLimits): Encoded {
  const walk = new CarriageWalk(limits);
  walk.walk(value);
  if (walk.fault !== undefined) return { fault: walk.fault, path: walk.place };
  const binaries: Uint8Array[] = [];
  const json = walk.plain
    ? `{"json":${JSON.stringify(value)}}`
    : annotate(takeBinaries(value, binaries));
  const text = utf8Encoder.encode(json);
  // Annotations add depth and values of their own, so what superjson wrote is measured again.
  const scan = walk.plain ? undefined : scanJson(text, limits);
  if (scan?.fault !== undefined) return { fault: `cannot carry this value: ${scan.fault}` };
  writer.sized(text);
  writer.varint(binaries.length);
  for (const binary of binaries) writer.sized(binary);
  return { bytes: writer.take() };
}

function annotate(value: unknown): string {
  const document = annotator.serialize(value);
  if (document.meta !== undefined) {
    // It is written even where nothing is deduplicated; shared references become copies.
    delete document.meta.referentialEqualities;
    if (document.meta.values === undefined) delete document.meta;
  }
  return JSON.stringify(document);
}

/** Reads a superjson payload from untrusted bytes. Never throws; copies what it keeps. */
export function decodeSuperjson(bytes: Uint8Array, limits: DecodeLimits): Decoded {
  const reader = new Reader(bytes);
  const json = reader.bytes(reader.varint());
  const count = reader.varint();
  if (count > limits.binaries) return { fault: `more than ${limits.binaries} binaries` };
  const binaries: Uint8Array[] = [];
  while (binaries.length < count && reader.fault === undefined) {
    binaries.push(reader.bytes(reader.varint()));
  }
  if (reader.fault !== undefined || reader.remaining > 0) return { fault: 'malformed payload' };
  const scan = scanJson(json, limits);
  if (scan.fault !== undefined) return { fault: scan.fault };
  const gate = new Gate(limits, binaries);
  const value = gate.open(parse(json), scan.escaped);
  return gate.fault === undefined ? { value } : { fault: gate.fault };
}

function parse(json: Uint8Array): unknown {
  try {
    return JSON.parse(utf8Decoder.decode(json)) as unknown;
  } catch {
    return undefined;
  }
}
