import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Certificate } from './certificate.js';
import { findFreePorts } from './free-ports.js';
import { fillSite, startNginx } from './nginx.js';

/** A connection through nginx on which nobody ever pings. */
export interface SilentConnection {
  /** Resolves with what nginx has logged last when it has ended the connection. */
  readonly ended: Promise<string>;
  close(): Promise<void>;
}

/** What a silent connection goes through. */
export interface SilenceOptions {
  /** The site of nginx, with its examples. */
  readonly site: string;
  readonly certificate: Certificate;
  /** For what nginx writes. */
  readonly folder: string;
}

const UPGRADED =
  'HTTP/1.1 101 Switching Protocols\r\nupgrade: silence\r\nconnection: upgrade\r\n\r\n';

/** Opens a connection, through an nginx of its own, to a server that takes it and says nothing. */
export async function openSilentConnection(options: SilenceOptions): Promise<SilentConnection> {
  const { site, certificate, folder } = options;
  const server = createServer().on('upgrade', (_request, stream: Duplex) => {
    stream.on('error', () => stream.destroy());
    stream.on('end', () => stream.end());
    stream.resume();
    stream.write(UPGRADED);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: upstream } = server.address() as AddressInfo;
  const [port] = (await findFreePorts(1)) as [number];
  const filled = fillSite(site, { ...certificate, port, upstream });
  const nginx = await startNginx({ folder, site: filled });
  const ca = await readFile(certificate.authorityFile);
  const headers = { connection: 'upgrade', upgrade: 'silence' };
  const asked = request({ host: 'localhost', port, ca, headers, agent: false });
  asked.end();
  const [, socket] = (await once(asked, 'upgrade')) as [unknown, Socket];
  const ended = new Promise<string>((resolve) => {
    socket.resume().once('end', () => resolve(nginx.log.at(-1) ?? ''));
  });
  const close = async (): Promise<void> => {
    socket.destroy();
    await nginx.stop();
    await new Promise((resolve) => server.close(resolve));
  };
  return { ended, close };
}
