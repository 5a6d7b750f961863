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

function startTimer(delayMs: number, callback: () => void, keepsAlive = false): Timer {
  const handle = surroundings.setTimeout(callback, Math.min(Math.max(0, delayMs), MAX_DELAY_MS));
  // Node and Bun: a heartbeat alone must not keep a finished program running.
  if (!keepsAlive && typeof handle === 'object' && handle !== null && 'unref' in handle) {
    (handle as { unref(): void }).unref();
  }
  return { cancel: () => surroundings.clearTimeout(handle) };
}

/** Browsers have no setImmediate; a message to oneself is their task without a minimum delay. */
function createTask(): (callback: () => void) => void {
  const { setImmediate, MessageChannel } = surroundings;
  if (setImmediate !== undefined) return (callback) => void setImmediate(callback);
  if (MessageChannel === undefined) return (callback) => void surroundings.setTimeout(callback, 0);
  const channel = new MessageChannel();
  let waiting: (() => void) | undefined;
  channel.port1.onmessage = () => waiting?.();
  return (callback) => {
    waiting = callback;
    channel.port2.postMessage(null);
  };
}

/** One task for all that waits for the end of a turn: a thousand connections write in it. */
function createTurnEnd(): (callback: () => void) => void {
  const startTask = createTask();
  let waiting: (() => void)[] = [];
  const run = (): void => {
    const callbacks = waiting;
    waiting = [];
    let index = 0;
    try {
      while (index < callbacks.length) callbacks[index++]?.();
    } finally {
      // One has thrown; the others must not go with it.
      const rest = callbacks.slice(index);
      if (rest.length > 0) {
        if (waiting.length === 0) startTask(run);
        waiting = [...rest, ...waiting];
      }
    }
  };
  return (callback) => {
    if (waiting.length === 0) startTask(run);
    waiting.push(callback);
  };
}

/** The real clock, timers and random source of the machine. */
export const systemRuntime: Runtime = {
  now: () => surroundings.performance.now(),
  wallNow: () => Date.now(),
  startTimer,
  endOfTurn: createTurnEnd(),
  random: () => Math.random(),
  randomBytes: (count) => surroundings.crypto.getRandomValues(new Uint8Array(count)),
};
