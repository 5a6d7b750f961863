import type { DecodeLimits } from '../../limits.js';
import type { Decoded, Encoded } from '../superjson.js';
import type { ReadPart, WritePart } from './described.js';
import { PackReader } from './pack-reader.js';
import { PackWriter } from './pack-writer.js';

let idle: PackWriter | undefined;

/** Packs a value with the code of its layout. What cannot be written is a fault with its path. */
export function encodePart(write: WritePart, value: unknown, limits: DecodeLimits): Encoded {
  const writer = idle ?? new PackWriter(limits);
  // A getter of the value may come back here.
  idle = undefined;
  let bytes: Uint8Array | undefined;
  for (const checksTexts of [false, true]) {
    writer.start(limits, checksTexts);
    if (write(writer, value)) bytes = writer.finish();
    // A text that is bad in the run of all is looked for among them once more.
    if (bytes !== undefined || writer.fault !== undefined) break;
  }
  idle = writer;
  return bytes === undefined ? { fault: faultOf(writer) } : { bytes };
}

/** Unpacks untrusted bytes by structure with the code of their layout. Never throws. */
export function decodePart(read: ReadPart, bytes: Uint8Array, limits: DecodeLimits): Decoded {
  const reader = new PackReader(bytes, limits, 1);
  const value = read(reader);
  reader.finish();
  return reader.fault === undefined ? { value } : { fault: reader.fault };
}

function faultOf(writer: PackWriter): string {
  const path = writer.path.toReversed().join('.');
  const place = writer.path.length === 0 ? 'the value itself' : `"${path}"`;
  return `cannot carry ${writer.fault ?? 'a value that changes'} at ${place}`;
}
