import { call, contract } from '@trunkline/contract';
import { createClientCalls, implement, type Service } from '@trunkline/server';
import * as z from 'zod';

/** A contract whose server calls its clients, for tests across packages. */
export const desk = contract('desk', {
  /** Has the server ask the client that calls it. */
  ask: call({ input: z.string(), output: z.string() }),
  ping: call(),
  client: {
    confirm: call({
      input: z.object({ text: z.string().trim().min(1), at: z.date() }),
      output: z.object({ agreed: z.boolean(), note: z.string().max(20).optional() }),
      errors: { AWAY: z.object({ since: z.date() }) },
    }),
    wait: call({ output: z.string() }),
    echo: call({ input: z.unknown(), output: z.unknown(), maxOutputBytes: 2_000_000 }),
    blob: call({ input: z.instanceof(Uint8Array), output: z.instanceof(Uint8Array) }),
    nothing: call(),
  },
});

/** A session as a server tells of it. */
export type DeskSession = Parameters<typeof createClientCalls>[1];

/** Serves the desk, and keeps the sessions of those who call `ping`. */
export function createDesk(): { service: Service; sessions: DeskSession[] } {
  const sessions: DeskSession[] = [];
  const service = implement(desk, {
    ask: async (text, { session }) => {
      const { agreed } = await createClientCalls(desk, session).confirm({ text, at: new Date(0) });
      return agreed ? 'yes' : 'no';
    },
    ping: (_input, { session }) => void sessions.push(session),
  });
  return { service, sessions };
}
