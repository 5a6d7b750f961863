import { decodeBatch, Violation } from '@trunkline/protocol';
import type { Accept, MemoryNetwork } from '@trunkline/protocol/testing';
import type { Trace } from './trace.js';

const MOST_LETTERS = 160;

/** Notes every batch of a network as its messages, when it arrives and when it closes. */
export function traceWire(network: MemoryNetwork, trace: Trace): void {
  const listen = network.listen.bind(network);
  let accepted = 0;
  network.listen = (accept: Accept, spoken) =>
    listen((transport, subprotocol) => {
      const name = `wire ${++accepted}`;
      const write = transport.write.bind(transport);
      const close = transport.close.bind(transport);
      const abort = transport.abort.bind(transport);
      transport.write = (batches) => {
        for (const batch of batches) trace.note(`${name} <= ${textOf(batch)}`);
        write(batches);
      };
      transport.close = (reason) => {
        trace.note(`${name} <= close ${reason.code} ${reason.reason}`);
        close(reason);
      };
      transport.abort = () => {
        trace.note(`${name} <= abort`);
        abort();
      };
      const sink = accept(transport, subprotocol);
      trace.note(`${name} opens`);
      return {
        receive: (batch) => {
          trace.note(`${name} => ${textOf(batch)}`);
          sink.receive(batch);
        },
        receiveText: () => sink.receiveText(),
        writable: () => sink.writable(),
        closed: (closed) => {
          trace.note(`${name} => closed ${closed.code} ${closed.reason}`);
          sink.closed(closed);
        },
      };
    }, spoken);
}

function textOf(bytes: Uint8Array): string {
  const batch = decodeBatch(bytes);
  if (batch instanceof Violation) return batch.name;
  const { seq, ack, messages } = batch;
  const all = messages.map((message) => JSON.stringify(message, shorten).slice(0, MOST_LETTERS));
  return `seq ${seq} ack ${ack}: ${all.join(' ')}`;
}

function shorten(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? `${value.length} bytes` : value;
}
