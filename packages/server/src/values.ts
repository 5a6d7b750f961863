import { validate, type Issues, type Schema } from '@trunkline/contract';
import {
  CLIENT_DECODE_LIMITS,
  decodePayload,
  encodePayload,
  TrunklineError,
  type DecodeLimits,
  type Executed,
  type Payload,
} from '@trunkline/protocol';
import { chain } from './chain.js';
import { ownError } from './failure.js';

/** Reads a client's payload: structure only, no schema yet. Throws INVALID_INPUT. */
export function readValue(
  payload: Payload,
  limits: DecodeLimits,
  executed: Executed = 'no',
): unknown {
  const decoded = decodePayload(payload, limits);
  if ('fault' in decoded) {
    throw ownError('INVALID_INPUT', `malformed payload: ${decoded.fault}`, { executed });
  }
  return decoded.value;
}

/** Parses what a client gave. Throws, or rejects with, INVALID_INPUT and the issues. */
export function parseInput(schema: Schema | undefined, value: unknown): unknown {
  if (schema === undefined) {
    if (value === undefined) return undefined;
    throw ownError('INVALID_INPUT', 'no input is expected', { executed: 'no' });
  }
  return parse(schema, value, 'no');
}

/** Reads and parses an item of a caller, whose handler runs. Fails as `parseInput` does. */
export function readItem(schema: Schema, item: Payload, limits: DecodeLimits): unknown {
  return parse(schema, readValue(item, limits, 'yes'), 'yes');
}

function parse(schema: Schema, value: unknown, executed: Executed): unknown {
  return chain(validate(schema, value), (parsed) => {
    if (parsed.ok) return parsed.value;
    const { issues, truncated } = parsed;
    const what = executed === 'no' ? 'input' : 'item';
    throw ownError('INVALID_INPUT', `the ${what} does not fit its schema${firstOf(issues)}`, {
      data: truncated ? { issues, truncated } : { issues },
      executed,
    });
  });
}

/** Parses what a handler gave; a value that does not fit is the server's own fault. */
export function parseOutput(schema: Schema | undefined, value: unknown): unknown {
  if (schema === undefined) return undefined;
  return chain(validate(schema, value), (parsed) => {
    if (parsed.ok) return parsed.value;
    throw new TypeError(`the handler's value does not fit its schema${firstOf(parsed.issues)}`);
  });
}

/** Names the place and the fault of the first issue; issues never hold the value itself. */
export function firstOf(issues: Issues['issues']): string {
  const [first] = issues;
  return first === undefined ? '' : ` at "${first.path.join('.')}": ${first.message}`;
}

/** Writes a value for a client. Throws TOO_LARGE, and a TypeError for what cannot be carried. */
export function writeValue(value: unknown, maxBytes: number): Payload {
  const payload = encode(value);
  if (payload.bytes.length > maxBytes) {
    throw ownError('TOO_LARGE', `the value has more than ${maxBytes} bytes`, { executed: 'yes' });
  }
  return payload;
}

function encode(value: unknown): Payload {
  try {
    return encodePayload(value, CLIENT_DECODE_LIMITS);
  } catch (error) {
    // It was the server's value: the client is not told what was in it.
    throw error instanceof TrunklineError ? new TypeError(error.message, { cause: error }) : error;
  }
}
