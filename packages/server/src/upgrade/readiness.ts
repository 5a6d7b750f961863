import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a server does for new clients. */
export type ServerPhase = 'serving' | 'draining' | 'closed';

/** Answers a request, as listeners of `node:http` and routes of Express do. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

const REASONS = { draining: 'the server is draining', closed: 'the server is closed' };

/**
 * Makes a handler of HTTP requests that says whether a server takes new sessions. It answers 200, or
 * 503 from the first moment of a drain: for the readiness probe of whatever sends clients to it.
 */
export function readinessOf(server: { readonly phase: ServerPhase }): RequestHandler {
  return (request, response) => {
    const { phase } = server;
    const isReady = phase === 'serving';
    const body = JSON.stringify(
      isReady ? { ready: true } : { ready: false, reason: REASONS[phase] },
    );
    response.writeHead(isReady ? 200 : 503, {
      'content-type': 'application/json',
      'content-length': body.length,
      'cache-control': 'no-store',
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
}
