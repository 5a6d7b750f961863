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

/** The real clock, timers and random source of the machine. */
export const systemRuntime: Runtime = {
  now: () => surroundings.performance.now(),
  wallNow: () => Date.now(),
  startTimer,
  endOfTurn: createTurnEnd(),
  random: () => Math.random(),
  randomBytes: (count) => surroundings.crypto.getRandomValues(new Uint8Array(count)),
};
