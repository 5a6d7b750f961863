import type { Schema } from '@trunkline/contract';
import { procedureCodecs, type SchemaCodec } from '@trunkline/contract/codecs';
import { CLIENT_DECODE_LIMITS, ENCODING, type Payload } from '@trunkline/protocol';
import { decodePayload } from '@trunkline/protocol/superjson';
import type { BoundProcedure } from '../routes/bound-procedure.js';
import { encodeFor } from '../encode-for.js';
import type { FinalMessage } from '../final-message.js';
import type { CallRoute } from '../routes/route.js';

type Codec = SchemaCodec<Schema> | undefined;

/** Gives an outcome to another caller: under its id, and packed exactly where it has the layout. */
export function outcomeFor(
  outcome: FinalMessage,
  id: number,
  { route, bound }: { readonly route: CallRoute; readonly bound: BoundProcedure },
): FinalMessage {
  const { received } = bound;
  if (outcome.kind !== 'ERROR') {
    const form = inForm(outcome, received?.output, () => procedureCodecs(route.definition).output);
    return { ...outcome, ...form, id };
  }
  const { code } = outcome;
  // Data of other errors are never packed.
  if (!Object.hasOwn(route.definition.errors, code)) return { ...outcome, id };
  const own = (): Codec => procedureCodecs(route.definition).errors[code];
  return { ...outcome, ...inForm(outcome, received?.errors[code], own), id };
}

function inForm({ encoding, bytes }: Payload, wanted: Codec, own: () => Codec): Payload {
  const isPacked = encoding === ENCODING.PACKED;
  const wantsPacked = wanted !== undefined && wanted.part !== 'bytes';
  if (isPacked === wantsPacked) return { encoding, bytes };
  const decoded = isPacked
    ? own()?.decode(bytes, CLIENT_DECODE_LIMITS)
    : decodePayload({ encoding, bytes }, CLIENT_DECODE_LIMITS);
  if (decoded === undefined || 'fault' in decoded) {
    throw new TypeError(`the outcome cannot be read again: ${decoded?.fault ?? 'no layout'}`);
  }
  return encodeFor(wanted, decoded.value);
}
