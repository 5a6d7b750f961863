/**
 * Runs a child of the benchmark: its start, then a handler per message until it is told to stop.
 *
 * A failure anywhere is told to the parent and ends the process. The process also ends when its
 * parent does, however that ended.
 *
 * @param {() => Promise<{ on: Record<string, (message: any) => unknown>, stop: () => unknown }>} start
 */
export function runChild(start) {
  const fail = (error) => {
    process.send?.({ type: 'failed', reason: error?.stack ?? String(error) }, () =>
      process.exit(1),
    );
  };
  process.on('disconnect', () => process.exit(0));
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  start().then((child) => {
    process.on('message', (message) => void handle(child, message).catch(fail));
    process.send({ type: 'ready' });
  }, fail);
}

async function handle({ on, stop }, message) {
  if (message.type !== 'stop') return on[message.type](message);
  await stop();
  process.exit(0);
}
