import type { Reader } from './bytes/reader.js';
import { decodeExt, type ExtFields } from './ext.js';
import { ENCODING, type Encoding } from './message.js';

/** Bits of a flags byte (PROTOCOL.md, "Flags"). */
export const FLAGS = { ENCODING: 0x03, EXT: 0x04, BIT_3: 0x08, BIT_4: 0x10 } as const;

/** Most bytes of a name of a contract, procedure or topic. */
export const MAX_NAME = 128;

/** Most bytes of a text for people. */
export const MAX_MESSAGE = 1_024;

const MAX_CODE = 64;
const NAME = /^[a-z][A-Za-z0-9]*(\.[a-z][A-Za-z0-9]*){1,7}$/;
const CODE = /^[A-Z][A-Z0-9_]*$/;

/** Reads a number that stands for one of the values. */
export function pick<Value extends string>(body: Reader, values: readonly Value[]): Value {
  return values[body.choice(values.length)] ?? (values[0] as Value);
}

/** Reads a flags byte, of which only the `known` bits may be set. */
export function flags(body: Reader, known: number): number {
  const byte = body.u8();
  if ((byte & ~known) !== 0) body.fail('BAD_FLAGS');
  return byte;
}

/** Reads the ext of a message, if its flags say that there is one. */
export function extOf(body: Reader, byte: number): ExtFields | undefined {
  return (byte & FLAGS.EXT) === 0 ? undefined : decodeExt(body);
}

/** Gives the encoding that flags name. */
export function encodingOf(byte: number): Encoding {
  return (byte & FLAGS.ENCODING) as Encoding;
}

/** Reads a payload: what is left of a message. */
export function payloadBytes(body: Reader, encoding: Encoding): Uint8Array {
  const bytes = body.rest();
  if (encoding === ENCODING.NONE && bytes.length > 0) body.fail('TRAILING');
  return bytes;
}

/** Reads an error code. */
export function decodeCode(body: Reader): string {
  const code = body.text(MAX_CODE);
  if (!CODE.test(code)) body.fail('BAD_FIELD');
  return code;
}

/** Reads the name of a procedure or topic. */
export function decodeName(body: Reader): string {
  const name = body.text(MAX_NAME);
  if (!NAME.test(name)) body.fail('BAD_FIELD');
  return name;
}
