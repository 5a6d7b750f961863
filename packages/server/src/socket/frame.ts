/** Opcode of a binary message with FIN set; what a server sends is never masked. */
const BINARY_FRAME = 0x82;

/** Bytes that batches take on the wire, each as a WebSocket message in one frame. */
export function frameBytes(batches: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const { length } of batches) bytes += headerBytes(length) + length;
  return bytes;
}

/** Writes batches as WebSocket messages behind each other into `target`, which has their size. */
export function encodeFrames(batches: readonly Uint8Array[], target: Uint8Array): void {
  let position = 0;
  for (const batch of batches) {
    position = encodeHeader(batch.length, target, position);
    target.set(batch, position);
    position += batch.length;
  }
}

/** Writes the header of one WebSocket message, and what it begins with, for what follows. */
export function beginFrame(length: number, first: Uint8Array): Uint8Array {
  const header = headerBytes(length);
  const begun = Buffer.allocUnsafeSlow(header + first.length);
  encodeHeader(length, begun, 0);
  begun.set(first, header);
  return begun;
}

function headerBytes(length: number): number {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : 10;
}

/** RFC 6455, section 5.2; gives the position behind the header. */
function encodeHeader(length: number, target: Uint8Array, start: number): number {
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
