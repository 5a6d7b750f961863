// A server whose sockets its parent has accepted; SIGTERM drains it. Tells its parent what it began.
import { createServer as createHttpServer } from 'node:http';
import { createServer, implement } from '@trunkline/server';
import { drainDesk } from '../drain/contract.mjs';
import { MANY_SOCKETS } from './many-sockets.mjs';

const [windowMs = '25000'] = process.argv.slice(2);

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
const http = createHttpServer();
Object.assign(http, { maxHeadersCount: 100, headersTimeout: 10_000, requestTimeout: 15_000 });
server.mount(http);
process.on('SIGTERM', () => process.send({ what: 'draining' }));
server.drainOnSignal({
  windowMs: Number(windowMs),
  signals: ['SIGTERM'],
  drained: (report) => {
    clearInterval(telling);
    return tell({ what: 'drained', report, ...news() });
  },
});

process.on('message', (message, socket) => {
  if (socket) http.emit('connection', socket);
  else if (message === 'tell') void tell({ what: 'told', ...news() });
});
// All at once would be much to say in the last moment.
const telling = setInterval(() => void tell({ what: 'news', ...news() }), 500);
process.send({ what: 'ready' });

/** What has not been told yet. */
function news() {
  return { starts: starts.splice(0), opened: opened.splice(0) };
}

function tell(message) {
  return new Promise((resolve) => process.send(message, resolve));
}

// Nobody is there any more to tell.
process.on('disconnect', () => process.exit());
