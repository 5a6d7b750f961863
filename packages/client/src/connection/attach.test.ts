import type { DialSink } from '@trunkline/protocol';
import { describe, expect, test } from 'vitest';
import { start } from '../../tests/harness.js';
import { ScriptedServer } from '../../tests/scripted-server.js';

describe('a refusal', () => {
  test('with 4403 is final: denied, with the reason', async () => {
    const server = new ScriptedServer();
    server.welcome = undefined;
    const { runtime, client, chat } = start({}, server);
    const pinged = chat.ping();
    await runtime.settle();
    server.latest.close('REFUSED', 'origin');
    await expect(pinged).rejects.toMatchObject({ code: 'UNAVAILABLE', executed: 'no' });
    expect(client.connection.state).toMatchObject({
      status: 'denied',
      reason: 'not served (4403: origin)',
    });
    await runtime.advance(60_000);
    expect(server.connections).toHaveLength(1);
  });

  test('with 4406 is final, and the reason lists the versions', async () => {
    const server = new ScriptedServer();
    const { runtime, client } = start(
      {
        dial: (url, _, sink) =>
          server.network.dial(url, ['trunkline.v9', 'trunkline'], {
            ...bound(sink),
            opened: (name) => sink.opened(name),
          }),
      },
      server,
    );
    await runtime.settle();
    expect(server.latest.subprotocol).toBe('trunkline');
    expect(server.latest.received).toEqual([]);
    server.latest.close('VERSION', 'trunkline.v2.packed trunkline.v3');
    await runtime.settle();
    expect(client.connection.state).toMatchObject({
      status: 'closed',
      reason: 'no version is spoken by both (4406: trunkline.v2.packed trunkline.v3)',
    });
  });

  test.each(['', 'chat', 'trunkline.v2.packed'])(
    'is what a socket gets that opened with the subprotocol "%s"',
    async (name) => {
      const server = new ScriptedServer();
      const { runtime, client } = start(
        {
          dial: (url, names, sink) =>
            server.network.dial(url, names, { ...bound(sink), opened: () => sink.opened(name) }),
        },
        server,
      );
      await runtime.settle();
      expect(client.connection.state.status).toBe('closed');
      expect(client.connection.state.reason).toContain('4406');
      expect(server.latest.closedWith?.code).toBe(4406);
      expect(server.latest.received).toEqual([]);
    },
  );
});

describe('a server that breaks the protocol', () => {
  test.each([
    ['a message before WELCOME', (server: ScriptedServer) => server.latest.result(0)],
    ['bytes that are no batch', (server: ScriptedServer) => server.latest.sendBytes(bytes(9, 9))],
    ['a batch over the limit', (server: ScriptedServer) => server.latest.sendBytes(large())],
  ])('by %s is left', async (_, act) => {
    const server = new ScriptedServer();
    server.welcome = undefined;
    const { runtime, client } = start({}, server);
    await runtime.settle();
    act(server);
    await runtime.settle();
    expect(client.connection.state.status).toBe('closed');
    expect([4400, 1009]).toContain(server.latest.closedWith?.code);
  });
});

function bound(sink: DialSink): Omit<DialSink, 'opened'> {
  return {
    receive: (batch) => sink.receive(batch),
    receiveText: () => sink.receiveText(),
    writable: () => sink.writable(),
    closed: (closed) => sink.closed(closed),
  };
}

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

function large(): Uint8Array {
  return new Uint8Array(262_145);
}
