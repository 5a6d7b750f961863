import {
  encodePlain,
  ENCODING,
  locate,
  TrunklineError,
  Writer,
  type Payload,
} from '@trunkline/protocol';
import type { TopicName } from './topic-feed.js';
import { sizeError } from '../value/value.js';

/** A topic with its params in one order, so that the same ones are the same topic. */
export interface KeyedTopic extends TopicName {
  readonly key: string;
  readonly values: Readonly<Record<string, unknown>> | undefined;
}

const MAX_PARAMS_BYTES = 16_384;
const NO_PARAMS = encodePlain(undefined) as Payload;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Names a topic with its params. Throws a TrunklineError `INVALID_INPUT` for params that are not
 * one flat object of strings, numbers and booleans.
 */
export function keyTopic(name: string, paramNames: readonly string[], params: unknown): KeyedTopic {
  if (params === undefined && paramNames.length === 0) {
    return { name, key: name, params: NO_PARAMS, values: undefined };
  }
  const entries = Object.entries(flatParams(name, params === undefined ? {} : params))
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const values = Object.fromEntries(entries);
  const payload = encodeParams(values);
  const tooLarge = sizeError(payload, MAX_PARAMS_BYTES, 'for the params of a topic');
  if (tooLarge !== undefined) throw locate(tooLarge, name);
  return { name, key: `${name} ${JSON.stringify(entries)}`, params: payload, values };
}

function flatParams(name: string, params: unknown): object {
  if (typeof params !== 'object' || params === null) {
    throw invalid(`params of ${name} must be an object, not "${String(params)}"`);
  }
  for (const [key, value] of Object.entries(params)) {
    if (value !== undefined) checkParam(`param "${key}" of ${name}`, value);
  }
  return params;
}

function checkParam(place: string, value: unknown): void {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw invalid(`${place} must be a finite number, not "${value}"`);
  }
  if (typeof value === 'string' && LONE_SURROGATE.test(value)) {
    throw invalid(`${place} must be text without lone surrogates`);
  }
  if (['string', 'number', 'boolean'].includes(typeof value)) return;
  const kind = value === null ? 'null' : typeof value;
  throw invalid(`${place} must be a string, number or boolean, not "${kind}"`);
}

/** Writes them as superjson, which needs no code for what JSON says by itself. */
function encodeParams(values: object): Payload {
  const writer = new Writer();
  writer.text(JSON.stringify({ json: values }));
  // No binaries.
  writer.varint(0);
  return { encoding: ENCODING.SUPERJSON, bytes: writer.take() };
}

function invalid(message: string): TrunklineError {
  return new TrunklineError('INVALID_INPUT', message, { executed: 'no' });
}
