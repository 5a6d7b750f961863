const SLAB_BYTES = 8192;
// Up to here a runtime has room of its own at hand; above, asking for it takes longer than packing.
const OWN_BYTES = 64;

let slab: ArrayBuffer | undefined;
let used = 0;

/** Gives zeroed bytes that nobody else has; they may be part of a larger buffer. */
export function roomFor(count: number): Uint8Array {
  if (count <= OWN_BYTES || count > SLAB_BYTES / 4) return new Uint8Array(count);
  if (slab === undefined || used + count > SLAB_BYTES) {
    slab = new ArrayBuffer(SLAB_BYTES);
    used = 0;
  }
  const room = new Uint8Array(slab, used, count);
  used += count;
  return room;
}
