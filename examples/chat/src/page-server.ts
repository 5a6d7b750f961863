import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import sirv from 'sirv';

const PAGE = fileURLToPath(new URL('page', import.meta.url));

/** The page loads its own files, connects to its own server, and does nothing else. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** Makes the HTTP server of the page that Vite has built. */
export function createPageServer(): Server {
  const files = sirv(PAGE, { etag: true, dotfiles: false });
  const server = createServer((request, response) => {
    response.setHeader('content-security-policy', POLICY);
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('referrer-policy', 'no-referrer');
    response.setHeader('cross-origin-opener-policy', 'same-origin');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return void response.writeHead(405, { allow: 'GET, HEAD' }).end();
    }
    files(request, response, () => {
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' });
      response.end('nothing is served here\n');
    });
  });
  return Object.assign(server, {
    maxHeadersCount: 100,
    headersTimeout: 10_000,
    requestTimeout: 15_000,
  });
}
