// A server that SIGTERM drains. Tells its parent what it has begun.
import { createServer, implement } from '@trunkline/server';
import { drainDesk } from '../drain/contract.mjs';
import { MANY_SOCKETS } from './many-sockets.mjs';

const [windowMs = '25000', host = '127.0.0.1', port = '0'] = process.argv.slice(2);

/** Keys of the calls whose handlers have started, as often as they have. */
const starts = [];
/** When sessions began, by the clock of the machine. */
const opened = [];

const service = implement(drainDesk, {
  work: ({ key, ms }, { signal }) => {
    starts.push(key);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(key), ms);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve(key);
      });
    });
  },
});

const server = createServer({
  anonymous: true,
  services: [service],
  limits: MANY_SOCKETS.trunkline,
  onOpen: () => opened.push(Date.now()),
});
process.on('SIGTERM', () => process.send({ what: 'draining' }));
server.drainOnSignal({
  windowMs: Number(windowMs),
  signals: ['SIGTERM'],
  drained: (report) => {
    clearInterval(telling);
    return tell({ what: 'drained', report, ...news() });
  },
});

process.on('message', (message) => {
  if (message === 'tell') void tell({ what: 'told', ...news() });
});
// All at once would be much to say in the last moment.
const telling = setInterval(() => void tell({ what: 'news', ...news() }), 500);
const address = await server.listen({ port: Number(port), host });
process.send({ what: 'ready', port: address.port });

/** What has not been told yet. */
function news() {
  return { starts: starts.splice(0), opened: opened.splice(0) };
}

function tell(message) {
  return new Promise((resolve) => process.send(message, resolve));
}

// Nobody is there any more to tell.
process.on('disconnect', () => process.exit());
