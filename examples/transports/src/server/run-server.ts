import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { FromServer, ServerData, ToServer } from './thread-message.js';

/** A server that does nothing at all at this moment does not end by itself either. */
const CLOSE_MS = 500;

/** What is called when the server tells something. */
export interface ServerListeners {
  readonly made?: (number: number) => void;
  readonly cut?: () => void;
}

/** A ticker server in a thread of its own: it can be late while the others are not. */
export interface RunningServer {
  readonly port: number;
  tell(message: ToServer): void;
  close(): Promise<void>;
}

/** Starts a ticker server on a free port; its ticks begin when it is told to start. */
export async function runServer(
  workerData: ServerData,
  { made = () => {}, cut = () => {} }: ServerListeners,
): Promise<RunningServer> {
  const worker = new Worker(new URL('./server-thread.js', import.meta.url), { workerData });
  const ended = once(worker, 'exit');
  const port = await new Promise<number>((resolve, reject) => {
    worker.once('error', reject);
    worker.on('message', (message: FromServer) => {
      if (message.kind === 'listening') {
        // An error after the start must not pass in silence.
        worker.off('error', reject);
        resolve(message.port);
      } else if (message.kind === 'made') made(message.number);
      else cut();
    });
  });
  const tell = (message: ToServer): void => worker.postMessage(message);
  return {
    port,
    tell,
    close: async () => {
      tell('close');
      await Promise.race([ended, wait(CLOSE_MS, undefined, { ref: false })]);
      await worker.terminate();
    },
  };
}
