import type { IncomingMessage, ServerResponse } from 'node:http';
import sirv from 'sirv';

/** Answers with a file of the page, or with 404. */
export type AnswerPage = (request: IncomingMessage, response: ServerResponse) => void;

/** The page loads its own files, talks to its own server, and frames nothing but its ticks. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** Makes what answers for the files of a folder; without one there are none. */
export function createPageAnswer(folder: string | undefined): AnswerPage {
  const files = folder === undefined ? undefined : sirv(folder, { etag: true, dotfiles: false });
  return (request, response) => {
    const refuse = (): void => {
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' });
      response.end('nothing is served here\n');
    };
    response.setHeader('content-security-policy', POLICY);
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('referrer-policy', 'no-referrer');
    if (files === undefined) refuse();
    else files(request, response, refuse);
  };
}
