import { describe, expect, it } from 'vitest';
import type { Closed, DialSink, Transport, TransportSink } from '../transport.js';
import { MemoryNetwork, type Accept } from './memory-network.js';
import { VirtualRuntime } from './virtual-runtime.js';

const NAMES = ['trunkline.v1.superjson', 'trunkline'];
const CUT: Closed = { code: 1006, reason: '' };

/** A sink that keeps all that it is told. */
class Recorder implements DialSink {
  readonly log: string[] = [];
  opened(subprotocol: string): void {
    this.log.push(`opened ${subprotocol}`);
  }
  receive(batch: Uint8Array): void {
    this.log.push(`received ${[...batch].join(' ')}`);
  }
  receiveText(): void {
    this.log.push('text');
  }
  writable(): void {
    this.log.push('writable');
  }
  closed({ code, reason }: Closed): void {
    this.log.push(`closed ${code} ${reason}`);
  }
}

class Pair {
  readonly runtime = new VirtualRuntime();
  readonly network = new MemoryNetwork(this.runtime);
  readonly clientSink = new Recorder();
  readonly serverSink = new Recorder();
  server: Transport | undefined;
  client: Transport | undefined;
  subprotocol: string | undefined;

  readonly accept: Accept = (transport, subprotocol): TransportSink => {
    this.server = transport;
    this.subprotocol = subprotocol;
    return this.serverSink;
  };

  async open(names: readonly string[] = NAMES): Promise<this> {
    this.network.listen(this.accept);
    this.client = this.network.dial('ws://memory', names, this.clientSink);
    await this.runtime.settle();
    this.clientSink.log.length = 0;
    return this;
  }
}

describe('MemoryNetwork', () => {
  it('opens in a later turn, with the name that the server speaks', async () => {
    const { network, runtime, clientSink, accept } = new Pair();
    network.listen(accept);
    network.dial('ws://memory', NAMES, clientSink);
    expect(clientSink.log).toEqual([]);
    await runtime.settle();
    expect(clientSink.log).toEqual(['opened trunkline.v1.superjson']);
    expect(network.connections).toHaveLength(1);
  });

  it('opens with the bare name when no other fits', async () => {
    const pair = await new Pair().open(['trunkline.v9', 'trunkline']);
    expect(pair.subprotocol).toBe('trunkline');
  });

  it.each<[string, (network: MemoryNetwork, accept: Accept) => readonly string[]]>([
    ['nobody listens', () => NAMES],
    ['no name fits', (network, accept) => (network.listen(accept), ['other'])],
    ['it is down', (network, accept) => (network.listen(accept), (network.isDown = true), NAMES)],
  ])('ends with 1006 when %s', async (_what, prepare) => {
    const { network, runtime, clientSink, accept } = new Pair();
    const names = prepare(network, accept);
    network.dial('ws://memory', names, clientSink);
    await runtime.settle();
    expect(clientSink.log).toEqual(['closed 1006 ']);
    expect(() => network.latest).toThrow(RangeError);
  });

  it('delivers copies in order, both ways, in a later turn', async () => {
    const { client, server, clientSink, serverSink, runtime, network } = await new Pair().open();
    const bytes = Uint8Array.of(1, 2);
    client?.write([bytes, Uint8Array.of(3)]);
    bytes.fill(9);
    server?.write([Uint8Array.of(4)]);
    expect(serverSink.log).toEqual([]);
    await runtime.settle();
    expect(serverSink.log).toEqual(['received 1 2', 'received 3']);
    expect(clientSink.log).toEqual(['received 4']);
    expect(network.latest.fromClient).toEqual([Uint8Array.of(1, 2), Uint8Array.of(3)]);
    expect(network.latest.fromServer).toEqual([Uint8Array.of(4)]);
  });

  it('closes behind what was written, with code and reason, once', async () => {
    const { client, server, clientSink, serverSink, runtime } = await new Pair().open();
    server?.write([Uint8Array.of(1)]);
    server?.close({ code: 'DRAINING', reason: '500' });
    server?.close({ code: 'SLOW', reason: 'later' });
    server?.write([Uint8Array.of(2)]);
    await runtime.settle();
    client?.write([Uint8Array.of(3)]);
    client?.abort();
    await runtime.settle();
    expect(clientSink.log).toEqual(['received 1', 'closed 4503 500']);
    expect(serverSink.log).toEqual(['closed 4503 500']);
  });

  it('aborts both ends in a later turn and drops what is in flight', async () => {
    const { client, server, clientSink, serverSink, runtime } = await new Pair().open();
    server?.write([Uint8Array.of(1)]);
    client?.write([Uint8Array.of(2)]);
    client?.abort();
    expect(clientSink.log).toEqual([]);
    await runtime.settle();
    expect(clientSink.log.at(-1)).toBe(`closed ${CUT.code} `);
    expect(serverSink.log).toEqual(['closed 1006 ']);
  });

  it('cuts at once and loses what is in flight', async () => {
    const { client, clientSink, serverSink, runtime, network } = await new Pair().open();
    client?.write([Uint8Array.of(1)]);
    network.latest.cut();
    await runtime.settle();
    expect(clientSink.log).toEqual(['closed 1006 ']);
    expect(serverSink.log).toEqual(['closed 1006 ']);
  });

  it('holds back one side until it is released', async () => {
    const { client, server, clientSink, serverSink, runtime, network } = await new Pair().open();
    network.latest.hold('client');
    client?.write([Uint8Array.of(1)]);
    server?.write([Uint8Array.of(2)]);
    await runtime.advance(60_000);
    expect(serverSink.log).toEqual([]);
    expect(client?.bufferedBytes).toBe(1);
    expect(clientSink.log).toEqual(['received 2']);
    network.latest.release('client');
    await runtime.settle();
    expect(serverSink.log).toEqual(['received 1']);
    expect(client?.bufferedBytes).toBe(0);
  });

  it('delivers after the latency, in order, and leaves no timer behind', async () => {
    const { client, server, clientSink, serverSink, runtime, network } = await new Pair().open();
    network.delayMs = () => 50;
    client?.write([Uint8Array.of(1)]);
    await runtime.advance(20);
    client?.write([Uint8Array.of(2)]);
    await runtime.advance(29);
    expect(serverSink.log).toEqual([]);
    await runtime.advance(1);
    expect(serverSink.log).toEqual(['received 1']);
    server?.close({ code: 'DRAINING', reason: '' });
    await runtime.advance(20);
    expect(serverSink.log).toEqual(['received 1', 'received 2']);
    client?.write([Uint8Array.of(3)]);
    await runtime.advance(30);
    expect(clientSink.log).toEqual(['closed 4503 ']);
    expect(runtime.timers).toBe(0);
  });

  it('says that there is room again when less than the write-ahead is buffered', async () => {
    const { client, clientSink, runtime, network } = await new Pair().open();
    network.latest.hold('client');
    client?.write([new Uint8Array(262_144)]);
    await runtime.settle();
    expect(clientSink.log).toEqual([]);
    network.latest.release('client');
    await runtime.settle();
    expect(clientSink.log).toEqual(['writable']);
    client?.write([new Uint8Array(262_143)]);
    await runtime.settle();
    expect(clientSink.log).toEqual(['writable']);
  });

  it('delivers after its delay, and nothing overtakes what was written before', async () => {
    const { client, server, clientSink, serverSink, runtime, network } = await new Pair().open();
    const delays = [30, 10, 20];
    network.delayMs = () => delays.shift() ?? 0;
    client?.write([Uint8Array.of(1), Uint8Array.of(2)]);
    server?.write([Uint8Array.of(3)]);
    await runtime.advance(29);
    expect([serverSink.log, clientSink.log]).toEqual([[], ['received 3']]);
    expect(client?.bufferedBytes).toBe(0);
    await runtime.advance(1);
    expect(serverSink.log).toEqual(['received 1', 'received 2']);
    expect([client?.bufferedBytes, runtime.timers]).toEqual([0, 0]);
  });

  it('opens after its delay, unless the client has left', async () => {
    const { network, runtime, accept } = new Pair();
    const [stays, leaves] = [new Recorder(), new Recorder()];
    network.listen(accept);
    network.delayMs = () => 5;
    network.dial('ws://memory', NAMES, stays);
    network.dial('ws://memory', NAMES, leaves).abort();
    await runtime.advance(4);
    expect([stays.log, leaves.log]).toEqual([[], ['closed 1006 ']]);
    await runtime.advance(1);
    expect(stays.log).toEqual(['opened trunkline.v1.superjson']);
    expect(network.connections).toHaveLength(1);
  });

  it('cuts one end alone: what it wrote arrives, and the other goes on', async () => {
    const { client, server, clientSink, serverSink, runtime, network } = await new Pair().open();
    network.delayMs = () => 10;
    client?.write([Uint8Array.of(1)]);
    network.latest.cut('client');
    client?.write([Uint8Array.of(2)]);
    server?.write([Uint8Array.of(3)]);
    await runtime.advance(100);
    expect(clientSink.log).toEqual(['closed 1006 ']);
    expect(serverSink.log).toEqual(['received 1']);
    network.latest.cut('server');
    expect(serverSink.log).toEqual(['received 1', 'closed 1006 ']);
    expect([server?.bufferedBytes, runtime.timers]).toEqual([0, 0]);
  });

  it('does not let an abort through that is held back', async () => {
    const { client, clientSink, serverSink, runtime, network } = await new Pair().open();
    network.latest.hold('client');
    client?.write([Uint8Array.of(1)]);
    client?.abort();
    await runtime.advance(60_000);
    expect([clientSink.log, serverSink.log]).toEqual([['closed 1006 '], []]);
    network.latest.release('client');
    await runtime.settle();
    expect(serverSink.log).toEqual(['closed 1006 ']);
  });
});
