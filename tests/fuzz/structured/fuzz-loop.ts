import { Chance } from './chance.js';
import { Prototypes } from './prototypes.js';

/** An input, and what is known of it before it is read. */
export interface FuzzInput {
  /** What is read, one behind the other. */
  readonly bytes: readonly Uint8Array[];
  /** What must become of it, where that is known. */
  readonly expect?: 'accepted' | 'refused' | undefined;
  /** What else there is to know in order to repeat it. */
  readonly about?: string;
}

/** What became of an input: a word for the count of such. */
export interface Outcome {
  readonly isAccepted: boolean;
  readonly label: string;
}

/** What is read with hostile inputs. */
export interface FuzzTarget {
  readonly name: string;
  /** What a group of inputs may leave in memory, beside as many times its bytes. */
  readonly memory: { readonly floorBytes: number; readonly factor: number };
  make(chance: Chance): FuzzInput;
  /** Reads an input. Throws when anything but a value or a refusal comes of it. */
  check(input: FuzzInput): Outcome;
}

/** How much is tried. */
export interface FuzzRun {
  readonly seed: number;
  readonly inputs: number;
  /** The number of the first input. */
  readonly from?: number;
}

/** What a run has seen. */
export interface FuzzReport {
  readonly accepted: ReadonlyMap<string, number>;
  readonly refused: ReadonlyMap<string, number>;
  readonly acceptedCount: number;
  readonly refusedCount: number;
  readonly seconds: number;
  readonly slowestMs: number;
}

const GROUP = 128;
/** Garbage that the checks themselves make. */
const HEAP_FLOOR = 48 * 1_048_576;
const HEAP_FACTOR = 2_000;

/** Reads so many inputs. Throws at the first fault, with all that is needed to repeat it. */
export function runFuzz(target: FuzzTarget, run: FuzzRun): FuzzReport {
  const counts = { accepted: new Map<string, number>(), refused: new Map<string, number>() };
  const prototypes = new Prototypes();
  const start = performance.now();
  const { from = 0 } = run;
  let slowestMs = 0;
  for (let index = from; index < from + run.inputs; index += GROUP) {
    const size = Math.min(GROUP, from + run.inputs - index);
    const inputs = Array.from({ length: size }, (_, at) => make(target, run.seed, index + at));
    const bytes = inputs.reduce((sum, input) => sum + lengthOf(input), 0);
    const before = process.memoryUsage();
    for (const [at, input] of inputs.entries()) {
      const begun = performance.now();
      const { isAccepted, label } = read(target, input, { seed: run.seed, index: index + at });
      slowestMs = Math.max(slowestMs, performance.now() - begun);
      const into = isAccepted ? counts.accepted : counts.refused;
      into.set(label, (into.get(label) ?? 0) + 1);
    }
    const grown = growthSince(before);
    if (isTooMuch(target, grown, bytes)) blame(target, inputs, { seed: run.seed, index });
    const changed = prototypes.findChange();
    if (changed !== undefined)
      throw faultOf(target, inputs, { seed: run.seed, index, fault: changed });
  }
  const seconds = (performance.now() - start) / 1_000;
  return {
    ...counts,
    acceptedCount: sumOf(counts.accepted),
    refusedCount: sumOf(counts.refused),
    seconds,
    slowestMs,
  };
}

/** Says in lines what a run has seen. */
export function describeRun(target: FuzzTarget, run: FuzzRun, report: FuzzReport): string {
  const { accepted, refused, acceptedCount, refusedCount, seconds, slowestMs } = report;
  const perSecond = Math.round(run.inputs / seconds).toLocaleString('en');
  return [
    `${target.name}: ${run.inputs.toLocaleString('en')} inputs in ${seconds.toFixed(1)} s, ` +
      `${perSecond}/s, the slowest ${slowestMs.toFixed(1)} ms; failures 0; seed ${run.seed}`,
    `  accepted ${acceptedCount.toLocaleString('en')}: ${listOf(accepted)}`,
    `  refused ${refusedCount.toLocaleString('en')}: ${listOf(refused)}`,
  ].join('\n');
}

interface Place {
  readonly seed: number;
  readonly index: number;
}

function make(target: FuzzTarget, seed: number, index: number): FuzzInput {
  return target.make(new Chance(seed, index));
}

function read(target: FuzzTarget, input: FuzzInput, place: Place): Outcome {
  let outcome: Outcome;
  try {
    outcome = target.check(input);
  } catch (error) {
    const fault = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw faultOf(target, [input], { ...place, fault });
  }
  const isWrong =
    input.expect !== undefined && (input.expect === 'accepted') !== outcome.isAccepted;
  if (!isWrong) return outcome;
  const fault = `must be ${input.expect}, and is ${outcome.isAccepted ? 'accepted' : 'refused'}: ${outcome.label}`;
  throw faultOf(target, [input], { ...place, fault });
}

function faultOf(
  target: FuzzTarget,
  inputs: readonly FuzzInput[],
  { seed, index, fault }: Place & { readonly fault: string },
): Error {
  const lines = inputs.map(
    ({ bytes, about }) =>
      `  ${bytes.map((part) => Buffer.from(part).toString('hex')).join(' ')}${about === undefined ? '' : `\n  ${about}`}`,
  );
  return new Error(
    `${target.name}: input ${index} of seed ${seed}: ${fault}\n${lines.join('\n')}\n` +
      `  again: npm run fuzz -- --target ${target.name} --seed ${seed} --from ${index} --inputs ${inputs.length}`,
  );
}

interface Growth {
  readonly heap: number;
  readonly buffers: number;
}

function growthSince(before: NodeJS.MemoryUsage): Growth {
  const after = process.memoryUsage();
  return {
    heap: after.heapUsed - before.heapUsed,
    buffers: after.arrayBuffers - before.arrayBuffers,
  };
}

function isTooMuch({ memory }: FuzzTarget, { heap, buffers }: Growth, bytes: number): boolean {
  if (heap > HEAP_FLOOR + HEAP_FACTOR * bytes) return true;
  return buffers > memory.floorBytes + memory.factor * bytes;
}

/** Finds the input of a group that took too much; where none does alone, the group is blamed. */
function blame(target: FuzzTarget, inputs: readonly FuzzInput[], { seed, index }: Place): never {
  let most: { at: number; growth: Growth } | undefined;
  for (const [at, input] of inputs.entries()) {
    const before = process.memoryUsage();
    target.check(input);
    const growth = growthSince(before);
    const size = (one: Growth): number => Math.max(one.heap, one.buffers);
    if (most === undefined || size(growth) > size(most.growth)) most = { at, growth };
  }
  const { at = 0, growth } = most ?? {};
  const fault = `takes too much memory: ${growth?.heap} bytes of heap, ${growth?.buffers} of buffers`;
  throw faultOf(target, [inputs[at] as FuzzInput], { seed, index: index + at, fault });
}

function lengthOf({ bytes }: FuzzInput): number {
  return bytes.reduce((sum, part) => sum + part.length, 0);
}

function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

function listOf(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].toSorted(([, one], [, other]) => other - one);
  return sorted.map(([label, count]) => `${label} ${count.toLocaleString('en')}`).join(', ');
}
