import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A page of an origin of its own. */
export interface ForeignPage extends AsyncDisposable {
  /** Its address; `http://127.0.0.1:<port>` is the same page in another origin. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Serves one HTML text, with headers, at every path of a free port of this machine. */
export async function serveForeignPage(
  html: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<ForeignPage> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...headers });
    response.end(html);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    // Browsers keep connections open for a next request.
    server.closeAllConnections();
    await closed;
  };
  return { url: `http://localhost:${port}`, port, close, [Symbol.asyncDispose]: close };
}
