/** Gives what bytes stand for, the highest first; `undefined` where fewer would say the same. */
export function bigintOf(bytes: Uint8Array): bigint | undefined {
  if (bytes.length === 0) return 0n;
  if (bytes[0] === 0) return undefined;
  let hex = '0x';
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0');
  return BigInt(hex);
}
