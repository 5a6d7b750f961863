import { serve } from '@trunkline/client';
import { createClientCalls, implement } from '@trunkline/server';
import { works } from './contract.js';
import type { Ledger } from './ledger.js';
import { PATIENT } from './stage.js';

/** The item behind which `down` waits at the gate of its key, so that a run can stop in between. */
const PAUSE = 70;

/** The sum from which on `up` wants no more. */
const ENOUGH = 1_000;

/** Implements the contract; every handler notes its start, and some wait until the run goes on. */
export function worksService(ledger: Ledger) {
  return implement(works, {
    echo: (text, { signal }) => {
      ledger.started(text, signal);
      return `${text}!`;
    },
    wait: async (key, { signal }) => {
      ledger.started(key, signal);
      await Promise.race([ledger.gate(key).promise, aborted(signal)]);
      return `${key} at last`;
    },
    refuse: (key, context) => {
      ledger.started(key, context.signal);
      throw context.error('TAKEN', { by: key, at: new Date(1_000) });
    },
    measure: ({ key, text }, { signal }) => {
      ledger.started(key, signal);
      return text.length;
    },
    large: ({ key, length }, { signal }) => {
      ledger.started(key, signal);
      return 'large '.repeat(Math.ceil(length / 6)).slice(0, length);
    },
    confirm: async (key, { session, signal }) => {
      ledger.started(key, signal);
      const answer = await createClientCalls(works, session).ask.safe(`${key} asked`, PATIENT);
      return answer.ok ? answer.value : answer.error.code;
    },
    again: async (key, { signal }) => {
      ledger.started(key, signal);
      await Promise.race([ledger.gate(key).promise, aborted(signal)]);
      return `${key} once`;
    },
    async *down({ key, to }, { signal }) {
      ledger.started(key, signal);
      try {
        for (let n = 0; n < to; n++) {
          if (n === PAUSE) await Promise.race([ledger.gate(key).promise, aborted(signal)]);
          yield n;
        }
        return `${key} has ${to}`;
      } finally {
        ledger.gate(`${key} has ended`).resolve();
      }
    },
    async up(key, { items, signal }) {
      ledger.started(key, signal);
      let total = 0;
      for await (const n of items) {
        ledger.item(`${key} at the server`, n);
        total += n;
        if (total >= ENOUGH) break;
      }
      return total;
    },
    async *both(key, { items, signal }) {
      ledger.started(key, signal);
      let count = 0;
      for await (const n of items) {
        ledger.item(`${key} at the server`, n);
        count++;
        yield n * 2;
      }
      return count;
    },
    room: { authorizePublish: () => true },
  });
}

/** Answers what the server asks; those whose gate is not open wait. */
export function worksClient(ledger: Ledger) {
  return serve(works, {
    ask: async (key, { signal }) => {
      ledger.started(key, signal);
      if (key.startsWith('slow')) {
        await Promise.race([ledger.gate(key).promise, aborted(signal)]);
      }
      return `${key} and answered`;
    },
  });
}

/** A handler that is told to stop stops. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
