/** Opcode of a binary message with FIN set; what a server sends is never masked. */
const BINARY_FRAME = 0x82;

/** Bytes that batches take on the wire, each as a WebSocket message in one frame. */
export function frameBytes(batches: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const { length } of batches) bytes += headerBytes(length) + length;
  return bytes;
}

/** Gives the header of the frame of a batch. */
export function encodeHeader(batch: Uint8Array): Uint8Array {
  const header = Buffer.allocUnsafe(headerBytes(batch.length));
  writeHeader(batch.length, header, 0);
  return header;
}

/** What was joined last: many subscribers are given the same batches one after another. */
let joined: readonly Uint8Array[] = [];
let joinedFrames: Uint8Array = Buffer.alloc(0);

/**
 * Gives the frames of batches as one buffer: the same one for the same batches in a row. `isShort`
 * says that it leaves at once; what waits would keep all of a shared pool alive.
 */
export function joinFrames(batches: readonly Uint8Array[], isShort: boolean): Uint8Array {
  if (areSame(batches, joined)) return joinedFrames;
  const bytes = frameBytes(batches);
  const frames = isShort ? Buffer.allocUnsafe(bytes) : Buffer.allocUnsafeSlow(bytes);
  let position = 0;
  for (const batch of batches) {
    position = writeHeader(batch.length, frames, position);
    frames.set(batch, position);
    position += batch.length;
  }
  joined = batches;
  joinedFrames = frames;
  return frames;
}

function areSame(some: readonly Uint8Array[], others: readonly Uint8Array[]): boolean {
  if (some.length !== others.length) return false;
  for (let index = 0; index < some.length; index++) {
    if (some[index] !== others[index]) return false;
  }
  return true;
}

/** Writes the header of one WebSocket message, and what it begins with, for what follows. */
export function beginFrame(length: number, first: Uint8Array): Uint8Array {
  const header = headerBytes(length);
  const begun = Buffer.allocUnsafeSlow(header + first.length);
  writeHeader(length, begun, 0);
  begun.set(first, header);
  return begun;
}

function headerBytes(length: number): number {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : 10;
}

/** RFC 6455, section 5.2; gives the position behind the header. */
function writeHeader(length: number, target: Uint8Array, start: number): number {
  const end = start + headerBytes(length);
  target[start] = BINARY_FRAME;
  if (length < 126) {
    target[start + 1] = length;
    return end;
  }
  target[start + 1] = length < 65_536 ? 126 : 127;
  let rest = length;
  for (let position = end - 1; position > start + 1; position--) {
    target[position] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return end;
}
