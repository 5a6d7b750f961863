import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect } from 'node:http2';
import type { Readable } from 'node:stream';

/** The versions of HTTP that a browser has for requests over TCP. */
export type HttpVersion = 'HTTP/1.1' | 'HTTP/2';

/** Asks a server on one connection that is kept. */
export interface Asker {
  /** Gives the body of the answer as soon as its headers are there. */
  ask(path: string, accept: string): Promise<Readable>;
  close(): void;
}

/** What Chromium says with each request of a page, without a cookie. */
const PAGE_HEADERS = {
  pragma: 'no-cache',
  'cache-control': 'no-cache',
  'sec-ch-ua-platform': '"Linux"',
  'user-agent':
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
  'sec-ch-ua': '"Not:A-Brand";v="8", "Chromium";v="156"',
  'sec-ch-ua-mobile': '?0',
  'sec-fetch-site': 'same-origin',
  'sec-fetch-mode': 'cors',
  'sec-fetch-dest': 'empty',
  referer: 'http://localhost:8086/',
  'accept-encoding': 'gzip, deflate, br, zstd',
  'accept-language': 'en-US,en;q=0.9',
};

/** Opens a connection of one version of HTTP to a port of this machine. */
export function createAsker(version: HttpVersion, port: number): Asker {
  return version === 'HTTP/2' ? askHttp2(port) : askHttp1(port);
}

function askHttp1(port: number): Asker {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    ask: async (path, accept) => {
      const headers = { ...PAGE_HEADERS, accept };
      const request = get({ host: '127.0.0.1', port, path, headers, agent });
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      return response;
    },
    close: () => agent.destroy(),
  };
}

function askHttp2(port: number): Asker {
  const session = connect(`http://127.0.0.1:${port}`);
  // The network is closed before it.
  session.on('error', () => undefined);
  return {
    ask: async (path, accept) => {
      const request = session.request({ ':path': path, ...PAGE_HEADERS, accept });
      request.on('error', () => undefined);
      await once(request, 'response');
      return request;
    },
    close: () => session.destroy(),
  };
}
