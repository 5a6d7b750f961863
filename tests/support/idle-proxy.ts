import type { Close, Dial, DialSink, Runtime, Timer, Transport } from '@trunkline/protocol';

/** A proxy that cuts a connection on which nothing went either way for so long. */
export function idleProxy(runtime: Runtime, idleMs: number): (dial: Dial) => Dial {
  return (dial) => (url, subprotocols, sink) => {
    let timer: Timer | undefined;
    const touch = (): void => {
      timer?.cancel();
      timer = runtime.startTimer(idleMs, () => transport.abort());
    };
    const watched: DialSink = {
      opened: (subprotocol) => {
        touch();
        sink.opened(subprotocol);
      },
      receive: (batch) => {
        touch();
        sink.receive(batch);
      },
      receiveText: () => sink.receiveText(),
      writable: () => sink.writable(),
      closed: (closed) => {
        timer?.cancel();
        sink.closed(closed);
      },
    };
    const transport = dial(url, subprotocols, watched);
    const through: Transport = {
      get bufferedBytes() {
        return transport.bufferedBytes;
      },
      write: (batches) => {
        touch();
        transport.write(batches);
      },
      close: (close: Close) => transport.close(close),
      abort: () => transport.abort(),
    };
    return through;
  };
}
