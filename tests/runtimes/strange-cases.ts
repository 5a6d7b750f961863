import type { ConnectionState } from '@trunkline/client';
import { check, equal } from './assertion.js';
import type { Case, Context, ProbeOptions, StrangeWay } from './case.js';
import { stateOf } from './watch.js';

/** Connects to where upgrades are answered in this way; gives the state after the first attempt. */
function firstEnding(
  { connect, strangeUrl }: Context,
  way: StrangeWay,
  limits: ProbeOptions['limits'] = {},
): Promise<ConnectionState> {
  const reconnect = { minMs: 5_000 };
  const client = connect({ url: `${strangeUrl}/${way}`, limits, reconnect });
  return stateOf(client.connection, ({ status }) => status !== 'idle' && status !== 'connecting');
}

function checkReason({ reason }: ConnectionState, part: string): void {
  check(reason?.includes(part) === true, `got the reason "${reason}", expected "${part}" in it`);
}

const absent: readonly Case[] = [
  {
    name: 'is unreachable with hints where nobody listens, and still tries',
    run: async ({ connect, goneUrl }) => {
      const client = connect({ url: goneUrl });
      const { hints, nextAttemptAt } = await stateOf(client.connection, ({ status }) => {
        return status === 'unreachable';
      });
      check(hints?.some((hint) => hint.includes(goneUrl)) === true, 'expected hints');
      check(nextAttemptAt !== undefined, 'expected another attempt');
    },
  },
  {
    name: 'waits and tries again where the upgrade is refused',
    run: async (context) => equal((await firstEnding(context, 'not-found')).status, 'waiting'),
  },
  {
    name: 'waits and tries again where the upgrade is not answered in time',
    run: async (context) => {
      const state = await firstEnding(context, 'no-answer', { openMs: 100 });
      equal(state.status, 'waiting');
      checkReason(state, 'it did not open in time');
    },
  },
  {
    name: 'waits and tries again where no welcome comes in time',
    run: async (context) => {
      const state = await firstEnding(context, 'silent', { welcomeMs: 100 });
      equal(state.status, 'waiting');
      checkReason(state, 'no welcome came in time');
    },
  },
];

const foreign: readonly Case[] = [
  {
    name: 'stops with a server that speaks another version, and says which',
    run: async (context) => {
      const state = await firstEnding(context, 'other-version');
      equal(state.status, 'closed');
      checkReason(state, '4406: trunkline.v9.superjson');
    },
  },
  {
    name: 'is never live without a subprotocol that it offered',
    run: async (context) => {
      for (const way of ['no-name', 'other-name'] as const) {
        const state = await firstEnding(context, way);
        // Some platforms open such a socket, and some only say that it failed.
        if (state.status !== 'waiting') {
          equal(state.status, 'closed');
          checkReason(state, '4406: subprotocol not offered');
        }
      }
    },
  },
  {
    name: 'stops with a server that breaks the protocol, and says how',
    run: async (context) => {
      const text = await firstEnding(context, 'text');
      equal(text.status, 'closed');
      checkReason(text, '4400: text message');
      const garbage = await firstEnding(context, 'garbage');
      equal(garbage.status, 'closed');
      checkReason(garbage, '4400: ');
    },
  },
];

/** Servers that are not there, or not ours. */
export const strangeCases: readonly Case[] = [...absent, ...foreign];
