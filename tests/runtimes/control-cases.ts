import { serve } from '@trunkline/client';
import { ProbeClient } from '@trunkline/conformance/client';
import { check, equal, fails } from './assertion.js';
import type { Case } from './case.js';
import { startAsked } from './session-cases.js';
import { changeOf, listen, stateOf } from './watch.js';

const asked: readonly Case[] = [
  {
    name: 'answers calls of the server with values and with its failures',
    run: async ({ connect }) => {
      const told: unknown[] = [];
      const fault = new Error('thrown by a handler');
      const confirm = ({ text }: { text: string }): { agreed: boolean } => {
        if (text === 'throw') throw fault;
        return { agreed: text === 'yes' };
      };
      const handlers = [serve(ProbeClient, { confirm })];
      const { probe } = connect({ handlers, onError: (error) => told.push(error) });
      equal(await probe.ask({ text: 'yes' }), { agreed: true });
      equal(await probe.ask({ text: 'no' }), { agreed: false });
      await fails(probe.ask({ text: 'throw' }), { code: 'REFUSED', data: { why: 'INTERNAL' } });
      check(told.length === 1 && told[0] === fault, `got ${told.length} reports`);
    },
  },
  {
    name: 'has the server told that it answers nothing',
    run: async ({ connect }) => {
      const { probe } = connect();
      await fails(probe.ask({ text: 'x' }), { code: 'REFUSED', data: { why: 'UNAVAILABLE' } });
    },
  },
];

const paused: readonly Case[] = [
  {
    name: 'is idle while it is paused, and then recovers what was missed',
    run: async ({ connect, newRoom }) => {
      const [client, other] = [connect(), connect()];
      const room = newRoom();
      const notes = listen(client.probe.notes({ room }));
      await notes.status('live');
      client.connection.pause();
      equal(client.connection.state.status, 'idle');
      equal(notes.states.at(-1)?.status, 'stale');
      const call = client.probe.echo({ text: 'made meanwhile' });
      await other.probe.announce({ room, text: 'missed' });
      client.connection.resume();
      equal(await call, { text: 'made meanwhile' });
      await notes.subscription.reached(1);
      equal(notes.messages, [{ text: 'missed' }]);
      equal(notes.states.at(-1)?.joined, { kind: 'recovered', count: 1 });
    },
  },
  {
    name: 'keeps what is under way while it is paused',
    run: async (context) => {
      const { client, answer, answered, times } = await startAsked(context);
      client.connection.pause();
      answer();
      client.connection.resume();
      equal(await answered, { agreed: true });
      equal(times(), 1);
    },
  },
];

const replaced: readonly Case[] = [
  {
    name: 'replaces its connection when it is told to, and keeps what is under way',
    run: async (context) => {
      const { client, answer, answered, times } = await startAsked(context);
      const isLive = changeOf(client.connection, ({ status }) => status === 'live');
      client.connection.reconnectNow();
      await isLive;
      answer();
      equal(await answered, { agreed: true });
      equal(times(), 1);
    },
  },
  {
    name: 'is of use again after it was denied, when it is told to',
    run: async ({ connect }) => {
      let token = 'wrong';
      const client = connect({ auth: () => Promise.resolve(token) });
      const { refusal } = await stateOf(client.connection, ({ status }) => status === 'denied');
      equal(refusal, 'token');
      token = 'let-me-in';
      client.connection.reconnectNow();
      equal(await client.probe.echo({ text: 'signed in' }), { text: 'signed in' });
    },
  },
];

/** What the server asks of a client, and what a program tells its connection. */
export const controlCases: readonly Case[] = [...asked, ...paused, ...replaced];
