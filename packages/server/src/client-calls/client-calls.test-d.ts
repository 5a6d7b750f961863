import { call, contract } from '@trunkline/contract';
import type { FrameworkError, TrunklineError } from '@trunkline/protocol';
import { expectTypeOf } from 'vitest';
import * as z from 'zod';
import type { SessionInfo } from '../routes/context.js';
import { implement } from '../routes/implement.js';
import { ClientCallsOf, createClientCalls, type ClientCalls } from './client-calls.js';

const desk = contract('desk', {
  ping: call(),
  client: {
    confirm: call({
      input: z.object({ tries: z.int().default(3) }),
      output: z.object({ note: z.string().default('') }),
      errors: { AWAY: z.object({ text: z.string().default('') }) },
    }),
    look: call(),
  },
});
const plain = contract('plain', { ping: call() });

declare const session: SessionInfo;
const calls = createClientCalls(desk, session);
const options = { deadlineMs: 5, signal: new AbortController().signal };

// The server gives inputs before they are parsed, and gets outputs that are.
expectTypeOf(calls).toEqualTypeOf<ClientCalls<typeof desk>>();
expectTypeOf(calls.confirm({}, options)).toEqualTypeOf<Promise<{ note: string }>>();
expectTypeOf(calls.look()).toEqualTypeOf<Promise<undefined>>();
expectTypeOf(calls.look(undefined, options)).toEqualTypeOf<Promise<undefined>>();
// @ts-expect-error it takes an input
void calls.confirm();
// @ts-expect-error its input is another
void calls.confirm({ tries: 'three' });
// @ts-expect-error the client answers nothing of this name
void calls.ping();
// @ts-expect-error every such call has a deadline
void calls.look(undefined, { deadlineMs: null });

type Failure = Extract<Awaited<ReturnType<typeof calls.confirm.safe>>, { ok: false }>['error'];
expectTypeOf<Failure>().toEqualTypeOf<TrunklineError<'AWAY', { text: string }> | FrameworkError>();

// A contract without such calls has none.
expectTypeOf(createClientCalls(plain, session)).toEqualTypeOf<{}>();

class DeskClientCalls extends ClientCallsOf(desk) {
  declare readonly confirm: ClientCalls<typeof desk>['confirm'];
}
expectTypeOf(new DeskClientCalls(session).look).toEqualTypeOf<ClientCalls<typeof desk>['look']>();

// What the client answers needs no handler at the server, and may have none.
implement(desk, { ping: () => {} });
// @ts-expect-error it is the client's
implement(desk, { ping: () => {}, confirm: () => ({}) });
