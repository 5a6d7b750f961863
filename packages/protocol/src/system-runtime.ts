import type { Runtime, Timer } from './runtime.js';

/** What this file takes from its surroundings; browsers, Node, Bun and Deno have it. */
interface Surroundings {
  performance: { now(): number };
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(handle: unknown): void;
  setImmediate?: (callback: () => void) => unknown;
  MessageChannel?: new () => {
    port1: { onmessage: (() => void) | null };
    port2: { postMessage(message: null): void };
  };
  crypto: { getRandomValues(bytes: Uint8Array): Uint8Array };
}

const surroundings = globalThis as unknown as Surroundings;

/** setTimeout fires at once above this delay. */
const MAX_DELAY_MS = 2_147_483_647;

/** From here on a delay is rounded up, so that timers of many connections have the same one. */
const LONG_MS = 10_000;

/** Node keeps a list for each delay. */
const STEP_MS = 100;

class SystemTimer implements Timer {
  #handle: unknown;

  constructor(handle: unknown) {
    this.#handle = handle;
  }

  cancel(): void {
    if (this.#handle === undefined) return;
    surroundings.clearTimeout(this.#handle);
    this.#handle = undefined;
  }
}

function startTimer(delayMs: number, callback: () => void, keepsAlive = false): Timer {
  const rounded = delayMs < LONG_MS ? Math.max(0, delayMs) : Math.ceil(delayMs / STEP_MS) * STEP_MS;
  const handle = surroundings.setTimeout(callback, Math.min(rounded, MAX_DELAY_MS));
  // Node and Bun: a heartbeat alone must not keep a finished program running.
  if (!keepsAlive && typeof handle === 'object' && handle !== null && 'unref' in handle) {
    (handle as { unref(): void }).unref();
  }
  return new SystemTimer(handle);
}

/** Browsers have no setImmediate; a message to oneself is their task without a minimum delay. */
function createTurnEnd(): (callback: () => void) => void {
  const { setImmediate, MessageChannel } = surroundings;
  if (setImmediate !== undefined) return (callback) => void setImmediate(callback);
  if (MessageChannel === undefined) return (callback) => void surroundings.setTimeout(callback, 0);
  const channel = new MessageChannel();
  const waiting: (() => void)[] = [];
  channel.port1.onmessage = () => waiting.shift()?.();
  return (callback) => {
    waiting.push(callback);
    channel.port2.postMessage(null);
  };
}

/** Asking for a few bytes costs as much as asking for many. */
const POOL_BYTES = 1_024;
let pool: Uint8Array = new Uint8Array(0);

/** Gives bytes that nobody else is given; the pool does not keep them. */
function randomBytes(count: number): Uint8Array {
  if (count > POOL_BYTES) return surroundings.crypto.getRandomValues(new Uint8Array(count));
  if (count > pool.length) pool = surroundings.crypto.getRandomValues(new Uint8Array(POOL_BYTES));
  const bytes = pool.slice(0, count);
  pool.fill(0, 0, count);
  pool = pool.subarray(count);
  return bytes;
}

/** The real clock, timers and random source of the machine. */
export const systemRuntime: Runtime = {
  now: () => surroundings.performance.now(),
  wallNow: () => Date.now(),
  startTimer,
  endOfTurn: createTurnEnd(),
  random: () => Math.random(),
  randomBytes,
};
