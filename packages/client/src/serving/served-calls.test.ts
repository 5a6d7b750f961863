import {
  ENCODING,
  FEATURES,
  type BindMessage,
  type CallMessage,
  type ContractShape,
  type Message,
} from '@trunkline/protocol';
import { describe, expect, it } from 'vitest';
import { startLive, type Harness } from '../../tests/harness.js';
import { decoded, payload, type ScriptedConnection } from '../../tests/scripted-server.js';
import { serve } from './serve.js';

type Context = { readonly signal: AbortSignal; readonly remainingMs: number | undefined };
type Handler = (input: unknown, context: Context) => unknown;

const NO_HASH = '0'.repeat(16);
const HASH = '1'.repeat(16);

function bind(procedure: number, name = 'desk.ask', change: Partial<BindMessage> = {}): Message {
  const hashes = { sendHash: NO_HASH, receiveHash: NO_HASH };
  return { kind: 'BIND', procedure, procedureKind: 'call', name, ...hashes, ...change };
}

function call(id: number, change: Partial<CallMessage> = {}): Message {
  return { kind: 'CALL', id, procedure: 0, ...payload('x'), ...change };
}

/** A client that answers `desk.ask` with this handler. */
async function answering(handler: Handler): Promise<Harness> {
  const client = { ask: { kind: 'call' } } as const;
  const contract: ContractShape = { name: 'desk', revision: NO_HASH, members: {}, client };
  return startLive({ handlers: [serve(contract, { ask: handler })] });
}

async function say(
  { server, runtime }: Harness,
  ...messages: Message[]
): Promise<ScriptedConnection> {
  server.latest.send(...messages);
  await runtime.settle();
  return server.latest;
}

describe('a client that is called', () => {
  it('says that it takes calls, as none does that has no handlers', async () => {
    const { server } = await answering(() => 'y');
    expect(server.latest.last('HELLO').features & FEATURES.CALLS).toBe(FEATURES.CALLS);
    const other = await startLive();
    expect(other.server.latest.last('HELLO').features & FEATURES.CALLS).toBe(0);
    const connection = await say(other, bind(0));
    expect(connection.closedWith?.code).toBe(4400);
  });

  it('runs the handler with the input, and answers with what it gives', async () => {
    const inputs: unknown[] = [];
    const harness = await answering((input) => {
      inputs.push(input);
      return Promise.resolve('y');
    });
    const connection = await say(harness, bind(0), call(1));
    expect(inputs).toEqual(['x']);
    expect(connection.last('RESULT').id).toBe(1);
    expect(decoded(connection.last('RESULT'))).toBe('y');
  });

  it.each<[string, Message[], string]>([
    ['a number that is not the next', [bind(1)], 'bad bind'],
    ['an even id', [bind(0), call(2)], 'call id taken or of the wrong side'],
    ['an id that is taken', [bind(0), call(1), call(1)], 'call id taken or of the wrong side'],
    ['a procedure that is not bound', [bind(0), call(1, { procedure: 1 })], 'procedure not bound'],
    [
      'more procedures than any contract has',
      Array.from({ length: 4_097 }, (_, procedure) => bind(procedure)),
      '1000',
    ],
  ])('closes on %s', async (_what, messages, reason) => {
    const harness = await answering(() => new Promise(() => {}));
    const connection = await say(harness, ...messages);
    expect(connection.closedWith?.reason).toBe(reason);
  });

  it.each<[string, Message[], object]>([
    ['a call that it has no handler for', [bind(0, 'desk.other'), call(1)], { code: 'NOT_FOUND' }],
    [
      'a stream of the name',
      [bind(0, 'desk.ask', { procedureKind: 'stream' }), call(1)],
      { code: 'NOT_FOUND' },
    ],
    [
      'an idempotency key',
      [bind(0), call(1, { idempotencyKey: Uint8Array.of(1) })],
      { code: 'UNAVAILABLE' },
    ],
    ['a deadline that has passed', [bind(0), call(1, { deadlineMs: 0 })], { code: 'DEADLINE' }],
    [
      'a layout that is not its own',
      [
        bind(0, 'desk.ask', { sendHash: HASH, receiveHash: HASH }),
        call(1, { encoding: ENCODING.PACKED }),
      ],
      { code: 'LAYOUT' },
    ],
    [
      'bytes that are no superjson',
      [bind(0), call(1, { encoding: ENCODING.SUPERJSON, bytes: Uint8Array.of(9) })],
      { code: 'INVALID_INPUT' },
    ],
  ])('refuses %s, and runs nothing', async (_what, messages, error) => {
    let runs = 0;
    const harness = await answering(() => runs++);
    const connection = await say(harness, ...messages);
    expect(connection.last('ERROR')).toMatchObject({ id: 1, executed: 'no', ...error });
    expect(runs).toBe(0);
    expect(connection.closedWith).toBeUndefined();
  });

  it('runs 64 handlers at most, and counts those that nobody waits for', async () => {
    let end = (): void => {};
    const waiting = new Promise<void>((resolve) => (end = resolve));
    const harness = await answering(() => waiting);
    const calls = Array.from({ length: 64 }, (_, n) => call(2 * n + 1));
    const connection = await say(harness, bind(0), ...calls);
    await say(harness, { kind: 'CANCEL', id: 1, reason: 'withdrawn' });
    expect(connection.last('ERROR')).toMatchObject({
      id: 1,
      code: 'CANCELLED',
      executed: 'unknown',
    });
    await say(harness, call(1));
    expect(connection.last('ERROR')).toMatchObject({ id: 1, code: 'BUSY', executed: 'no' });
    end();
    await harness.runtime.settle();
    expect(connection.all('RESULT')).toHaveLength(63);
    await say(harness, call(1));
    expect(connection.last('RESULT').id).toBe(1);
  });

  it('answers in the place of a handler whose deadline passes, and drops what that gives', async () => {
    let end = (_value: string): void => {};
    const signals: AbortSignal[] = [];
    const harness = await answering((_input, { signal, remainingMs }) => {
      signals.push(signal);
      expect(remainingMs).toBe(500);
      return new Promise((resolve) => (end = resolve));
    });
    const connection = await say(harness, bind(0), call(1, { deadlineMs: 500 }));
    await harness.runtime.advance(500);
    expect(connection.last('ERROR')).toMatchObject({ code: 'DEADLINE', executed: 'unknown' });
    expect(signals[0]?.reason).toMatchObject({ code: 'DEADLINE' });
    end('late');
    await harness.runtime.settle();
    expect(connection.all('RESULT')).toEqual([]);
  });

  it('sends nothing that is larger than the server takes', async () => {
    const harness = await answering(() => 'y'.repeat(300_000));
    const connection = await say(harness, bind(0), call(1));
    expect(connection.last('ERROR')).toMatchObject({ code: 'TOO_LARGE', executed: 'yes' });
  });

  it('tells the server nothing of what cannot be carried, and the page all', async () => {
    const harness = await answering(() => ({ secret: () => {} }));
    const connection = await say(harness, bind(0), call(1));
    expect(connection.last('ERROR')).toMatchObject({ code: 'INTERNAL', executed: 'yes' });
    expect(connection.last('ERROR').message).not.toContain('secret');
    expect(String(harness.errors[0])).toContain('secret');
  });

  it('sends no error whose code is not of the grammar', async () => {
    const harness = await answering((_input, context) => {
      throw (context as unknown as { error(code: string): Error }).error('not a code');
    });
    const connection = await say(harness, bind(0), call(1));
    expect(connection.last('ERROR')).toMatchObject({ code: 'INTERNAL', executed: 'yes' });
  });

  it('ignores a CANCEL of what it does not know', async () => {
    const harness = await answering(() => 'y');
    const connection = await say(harness, { kind: 'CANCEL', id: 7, reason: 'withdrawn' });
    expect(connection.closedWith).toBeUndefined();
    expect(connection.all('ERROR')).toEqual([]);
  });

  it('fires the signals of what runs when the session ends, and begins anew with the next', async () => {
    const signals: AbortSignal[] = [];
    const harness = await answering((_input, { signal }) => {
      signals.push(signal);
      return new Promise(() => {});
    });
    await say(harness, bind(0), call(1));
    harness.server.latest.transport.abort();
    await harness.runtime.advance(21_000);
    expect(signals[0]?.reason).toMatchObject({ code: 'SESSION_LOST' });
    const connection = await say(harness, bind(0), call(1));
    expect(connection.closedWith).toBeUndefined();
    expect(signals).toHaveLength(2);
  });

  it('takes methods of a class, and refuses what the contract does not have', () => {
    const client = { ask: { kind: 'call' } } as const;
    const contract: ContractShape = { name: 'desk', revision: NO_HASH, members: {}, client };
    class Desk {
      ask(): string {
        return 'y';
      }
    }
    expect([...serve(contract, new Desk() as {}).calls.keys()]).toEqual(['desk.ask']);
    expect(() => serve(contract, { aks: () => 'y' } as never)).toThrow(
      'the server calls no "desk.aks": expected ask',
    );
    expect(() => serve(contract, { ask: 5 } as never)).toThrow('must be a function');
  });
});
