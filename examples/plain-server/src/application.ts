import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import type { Server } from '@trunkline/server';
import type { Storehouse } from './storehouse.js';

/** What the Express application is made from. */
export interface ApplicationOptions {
  readonly storehouse: Storehouse;
  /** Is mounted beside it. */
  readonly server: Server;
  /** Origins of pages that may ask, beside its own. */
  readonly origins: readonly string[];
  /** The folder of the built page. */
  readonly pages: string;
}

/** Makes the Express application: a few routes, and the page. */
export function createApplication(options: ApplicationOptions): Express {
  const { storehouse, server, origins, pages } = options;
  const app = express();
  app.disable('x-powered-by');
  // The same trust in nginx that Trunkline has by "trustedProxies".
  app.set('trust proxy', 'loopback');
  app.use(protectPage("'self'"));
  app.use('/api', allowOrigins(origins));
  app.get('/api/articles', (_request, response) => {
    response.json(storehouse.articles);
  });
  app.post('/api/articles/:id/delivery', async (request, response) => {
    const article = storehouse.find(request.params.id);
    if (article === undefined) return void response.status(404).json({ error: 'no such article' });
    response.json(await storehouse.add(article, 10));
  });
  // Upgrades do not come here: who does has lost the upgrade on the way.
  app.all('/trunkline', (_request, response) => {
    response.status(426).type('text/plain').set('upgrade', 'websocket');
    response.send('a WebSocket is served here; does a proxy in between pass on upgrades?\n');
  });
  // For whoever decides where clients go: 503 from when the server drains or is closed.
  app.get('/ready', server.readiness);
  app.get('/server.json', (_request, response) => {
    response.json({ server: null });
  });
  app.use(onlyReads, express.static(pages), answerError);
  return app;
}

/** Makes a site of its own that serves the same page, which talks to the server of another origin. */
export function createForeignSite(server: string, pages: string): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(protectPage(`'self' ${server} ${server.replace(/^http/, 'ws')}`));
  app.get('/server.json', (_request, response) => {
    response.json({ server });
  });
  app.use(onlyReads, express.static(pages), answerError);
  return app;
}

/** Lets a page connect only to what is listed, and load nothing from elsewhere. */
function protectPage(connections: string): RequestHandler {
  const policy = [
    "default-src 'self'",
    `connect-src ${connections}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return (_request, response, next) => {
    response.set({ 'content-security-policy': policy, 'x-content-type-options': 'nosniff' });
    next();
  };
}

/** Refuses what would change something: pages are only read. */
const onlyReads: RequestHandler = (request, response, next) => {
  if (request.method === 'GET' || request.method === 'HEAD') return next();
  response.status(405).set('allow', 'GET, HEAD').type('text/plain');
  response.send('pages are only read here\n');
};

/** Says who is to blame; what Express says itself has the stack and the folders of this machine. */
const answerError: ErrorRequestHandler = (error: { status?: number }, _request, response, next) => {
  if (response.headersSent) return next(error);
  const { status = 500 } = error;
  response.status(status).type('text/plain');
  response.send(status < 500 ? 'the request cannot be read\n' : 'the server has failed\n');
};

/** Says for requests what the option "origins" of Trunkline says for the WebSocket. */
function allowOrigins(origins: readonly string[]): RequestHandler {
  return (request, response, next) => {
    const origin = request.get('origin');
    if (origin === undefined || origin === `${request.protocol}://${request.host}`) return next();
    if (!origins.includes(origin)) {
      return void response.status(403).json({ error: 'origin not allowed' });
    }
    response.set({ 'access-control-allow-origin': origin, vary: 'origin' });
    next();
  };
}
