import {
  createClientCalls,
  createServer,
  createTopics,
  implement,
  MemoryBroker,
  type AnyContext,
  type Broker,
  type Handlers,
  type Server,
  type ServerOptions,
} from '@trunkline/server';
import { probe } from './probe.contract.js';

const REFUSED_TOKEN = 'wrong';
/** So short that it can be waited for. */
const DETACHED_MS = 4_000;

/**
 * Makes a server of the contract `probe`, which takes every token but `wrong`; the notes of
 * `closedRooms` are for nobody.
 */
export function createProbeServer(
  options: Partial<ServerOptions> = {},
  closedRooms: ReadonlySet<string> = new Set(),
): Server {
  const { broker = new MemoryBroker() } = options;
  return createServer({
    broker,
    authenticate: ({ token }) =>
      token === REFUSED_TOKEN ? undefined : { principal: token || 'nobody', user: undefined },
    services: [createProbeService(broker, closedRooms)],
    ...options,
    limits: { detachedMs: DETACHED_MS, ...options.limits },
  });
}

function createProbeService(broker: Broker, closedRooms: ReadonlySet<string>) {
  const topics = createTopics(probe, broker);
  const handlers: Handlers<typeof probe.members> = {
    echo: (input) => input,
    kinds: (input) => input,
    fail: ({ why }, context) => {
      throw context.error('REFUSED', { why });
    },
    crash: () => {
      throw new Error('it must not be told');
    },
    wait: (_input, { signal }) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve(null))),
    denied: () => null,
    async *count({ to }) {
      for (let n = 0; n < to; n++) yield n;
    },
    async sum(_input, { items }) {
      const total = { items: 0, sum: 0 };
      for await (const item of items) {
        total.items++;
        total.sum += item;
      }
      return total;
    },
    async *double(_input, { items }) {
      for await (const item of items) yield item * 2;
    },
    ask: async (input, context) => {
      const { session, signal } = context;
      const asked = await createClientCalls(probe, session).confirm.safe(input, { signal });
      if (asked.ok) return asked.value;
      throw context.error('REFUSED', { why: asked.error.code });
    },
    announce: async ({ room, text }) => {
      await topics.notes({ room }).publish({ text });
      return null;
    },
    board: () => ({ texts: [] }),
    changes: { authorize: () => true },
    notes: { authorize: ({ room }) => !closedRooms.has(room), authorizePublish: () => true },
    secrets: { authorize: () => false },
  };
  return implement(probe, handlers, { guards: [isAllowed] });
}

function isAllowed(context: AnyContext): boolean {
  return !('procedure' in context && context.procedure === 'probe.denied');
}
