import { isDeepStrictEqual } from 'node:util';
import {
  CLIENT_DECODE_LIMITS,
  compilePacked,
  SERVER_DECODE_LIMITS,
  type LayoutDocument,
  type PackedCodec,
} from '@trunkline/protocol';
import {
  decodeSuperjson,
  encodeSuperjson,
} from '../../../packages/protocol/src/payload/superjson.js';
import { Chance } from './chance.js';
import type { FuzzInput, FuzzTarget, Outcome } from './fuzz-loop.js';
import { LayoutMaker } from './layout-maker.js';
import { PackedMaker } from './packed-parts.js';
import { readValue, type Form, type ReadValue } from './read-value.js';
import { SuperjsonMaker } from './superjson-parts.js';
import { inputOf } from './ways.js';

const MEMORY = { floorBytes: 2_097_152, factor: 64 };

function superjsonForm(limits: typeof SERVER_DECODE_LIMITS): Form {
  return {
    decode: (bytes) => decodeSuperjson(bytes, limits),
    encode: (value) => encodeSuperjson(value, limits),
  };
}

const AT_SERVER = superjsonForm(SERVER_DECODE_LIMITS);
const AT_CLIENT = superjsonForm(CLIENT_DECODE_LIMITS);

function outcomeOf({ value, fault, isRewritten }: ReadValue): Outcome {
  if (fault !== undefined) return { isAccepted: false, label: fault.replaceAll(/\d+/g, 'n') };
  const kind = value === null ? 'null' : typeof value;
  const name = kind === 'object' ? (value as object).constructor.name : kind;
  return { isAccepted: true, label: isRewritten ? name : `${name} (not written)` };
}

/** Reads a superjson payload as either side does. */
export function readSuperjson(bytes: Uint8Array): ReadValue {
  const atServer = readValue(AT_SERVER, bytes);
  const atClient = AT_CLIENT.decode(bytes);
  if (atServer.fault !== undefined) return atServer;
  if (!('value' in atClient) || !isDeepStrictEqual(atClient.value, atServer.value)) {
    throw new Error('a client reads what a server accepts as something else');
  }
  return atServer;
}

/** Payloads in superjson. */
export const superjsonTarget: FuzzTarget = {
  name: 'superjson',
  memory: MEMORY,
  make: (chance) => inputOf(chance, (isWild) => new SuperjsonMaker(chance, isWild).payload()),
  check: ({ bytes: [bytes = new Uint8Array(0)] }) => outcomeOf(readSuperjson(bytes)),
};

/** Layouts of one run. */
const LAYOUTS = 512;

/** Packed payloads of many layouts. */
export class PackedTarget implements FuzzTarget {
  readonly name = 'packed';
  readonly memory = MEMORY;
  readonly #layouts = new Map<number, LayoutDocument>();
  readonly #codecs = new Map<string, PackedCodec>();

  make(chance: Chance): FuzzInput {
    const number = chance.below(LAYOUTS);
    const known = this.#layouts.get(number);
    const layout = known ?? new LayoutMaker(new Chance(LAYOUTS, number)).document();
    if (known === undefined) this.#layouts.set(number, layout);
    let isWithinLimits = true;
    const tree = (isWild: boolean) => {
      const maker = new PackedMaker(chance, isWild, layout);
      const part = maker.payload();
      isWithinLimits &&= maker.isWithinLimits;
      return part;
    };
    const input = inputOf(chance, tree, JSON.stringify(layout));
    return isWithinLimits || input.expect === 'refused' ? input : { ...input, expect: undefined };
  }

  check({ bytes: [bytes = new Uint8Array(0)], about = '' }: FuzzInput): Outcome {
    const codec = this.#codec(about);
    const form: Form = {
      decode: (from) => codec.decode(from, SERVER_DECODE_LIMITS),
      encode: (value) => codec.encode(value, SERVER_DECODE_LIMITS),
    };
    const read = readValue(form, bytes);
    const checked = codec.decodeChecked(bytes, SERVER_DECODE_LIMITS);
    const plain = read.fault === undefined ? { value: read.value } : { fault: read.fault };
    if (!isDeepStrictEqual(checked, plain)) throw new Error('is read otherwise with checks');
    return outcomeOf(read);
  }

  #codec(about: string): PackedCodec {
    const known = this.#codecs.get(about);
    if (known !== undefined) return known;
    const codec = compilePacked(JSON.parse(about));
    this.#codecs.set(about, codec);
    return codec;
  }
}
