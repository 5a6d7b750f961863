/** Above this, the middle of a frame is like any other byte of it. */
const WHOLE_BYTES = 1_024;
/** Bytes at the begin of a large frame: its header, and the message or two that begin there. */
const HEAD_BYTES = 64;
const TAIL_BYTES = 8;
/** In the middle of a large frame; a prime, so that places differ from frame to frame. */
const MIDDLE_STEP = 1_499;
/** Of an upgrade, where another scenario has every byte. */
const UPGRADE_STEP = 16;

/** Where the frames of a connection begin, behind its upgrade. */
export function openedAt(kept: Buffer): number {
  return kept.indexOf('\r\n\r\n') + 4;
}

/** Where a connection is cut: behind so many bytes, from none to all that come. */
export function placesOf(kept: Buffer, takesUpgrade: boolean): number[] {
  const opened = openedAt(kept);
  const places: number[] = [];
  for (let at = 0; at < opened; at += takesUpgrade ? 1 : UPGRADE_STEP) places.push(at);
  let frame = opened;
  while (frame < kept.length) {
    const end = Math.min(kept.length, frame + frameLength(kept.subarray(frame)));
    addFrame(places, frame, end);
    frame = end;
  }
  places.push(kept.length);
  return places;
}

function addFrame(places: number[], begin: number, end: number): void {
  const isLarge = end - begin > WHOLE_BYTES;
  for (let at = begin; at < end;) {
    places.push(at);
    const isMiddle = isLarge && at >= begin + HEAD_BYTES && at < end - TAIL_BYTES;
    at = isMiddle ? Math.min(at + MIDDLE_STEP, end - TAIL_BYTES) : at + 1;
  }
}

/** The length of a WebSocket frame with its header (RFC 6455, 5.2). */
function frameLength(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 2) return bytes.length;
  const mask = (view.getUint8(1) & 0x80) === 0 ? 0 : 4;
  const short = view.getUint8(1) & 0x7f;
  if (short < 126) return 2 + mask + short;
  if (short === 126) return 4 + mask + view.getUint16(2);
  return 10 + mask + Number(view.getBigUint64(2));
}
