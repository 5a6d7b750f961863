import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createApplication, createForeignSite } from './application.js';
import { createCertificate, type Certificate } from './certificate.js';
import { findFreePorts } from './free-ports.js';
import { listen } from './http-listener.js';
import { fillSite, startNginx } from './nginx.js';
import { portError } from './read-start.js';
import { createStockServer } from './stock-server.js';

/** What a site is started with. */
export interface SiteOptions {
  /** 0 for free ports. */
  readonly port: number;
  readonly hasNginx: boolean;
}

/** The ports of a site, one for each origin. */
export interface Ports {
  /** Express and Trunkline. */
  readonly own: number;
  /** A page of another origin, which may connect. */
  readonly allowed: number;
  /** A page of another origin, which may not. */
  readonly refused: number;
  /** Where nginx listens in front of Express and Trunkline. */
  readonly nginx: number;
  /** What is behind nginx. */
  readonly upstream: number;
}

/** Everything that this example runs. */
export interface StorehouseSite {
  readonly ports: Ports;
  readonly certificate: Certificate;
  /** Where all of its files are until it is closed. */
  readonly folder: string;
  close(): Promise<void>;
}

const PAGES = fileURLToPath(new URL('page', import.meta.url));

/** The site of nginx, as the guide shows it. */
export const NGINX_SITE = fileURLToPath(new URL('../nginx/site.conf', import.meta.url));

/** Starts the server, the pages of other origins and, if it is wanted, nginx. */
export async function startSite({ port, hasNginx }: SiteOptions): Promise<StorehouseSite> {
  const ports = await portsFrom(port);
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-plain-server-'));
  const ends: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    // Together: a port is closed when its WebSockets are, and those are ended by Trunkline.
    try {
      await Promise.all(ends.map((end) => end()));
    } finally {
      await rm(folder, { recursive: true });
    }
  };
  try {
    const certificate = await createCertificate(join(folder, 'tls'));
    const origins = [originAt(ports.allowed)];
    const stock = createStockServer(origins);
    const { server, storehouse } = stock;
    ends.push(() => stock.close());
    const app = createApplication({ storehouse, server, origins, pages: PAGES });
    const foreign = createForeignSite(originAt(ports.own), PAGES);
    ends.push(await listen({ app, server, certificate, port: ports.own }));
    ends.push(await listen({ app: foreign, certificate, port: ports.allowed }));
    ends.push(await listen({ app: foreign, certificate, port: ports.refused }));
    if (hasNginx) {
      ends.push(await listen({ app, server, port: ports.upstream }));
      ends.push(await startFront(certificate, ports, join(folder, 'nginx')));
    }
    return { ports, certificate, folder, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Starts nginx in front of the plain port; gives what ends it. */
async function startFront(certificate: Certificate, ports: Ports, folder: string) {
  const values = { ...certificate, port: ports.nginx, upstream: ports.upstream };
  const site = fillSite(await readFile(NGINX_SITE, 'utf8'), values);
  const nginx = await startNginx({ folder, site }).catch((error: Error) => {
    throw error.message.includes('bind() to') ? portError(ports.nginx, error) : error;
  });
  return () => nginx.stop();
}

/** Gives the origin of the pages of a port. */
export function originAt(port: number): string {
  return `https://localhost:${port}`;
}

/** Nobody opens the port behind nginx, so any will do for it. */
async function portsFrom(first: number): Promise<Ports> {
  const free = await findFreePorts(first === 0 ? 5 : 1);
  const [upstream, ...others] = free as [number, ...number[]];
  const [own, allowed, refused, nginx] = (
    first === 0 ? others : [first, first + 1, first + 2, first + 3]
  ) as [number, number, number, number];
  return { own, allowed, refused, nginx, upstream };
}
