import { lookup } from 'node:dns/promises';
import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Finding } from './finding.js';
import { codeOf, duration, PATIENCE_MS, within, type Target } from './target.js';

const DAY_MS = 86_400_000;
const SOON_DAYS = 14;

/** Looks up the addresses of the host. */
export async function checkAddress({ url, runtime }: Target): Promise<Finding> {
  const check = 'address';
  const host = hostOf(url);
  if (isIP(host) !== 0) return { check, verdict: 'ok', text: `${host} is an address` };
  const startedAt = runtime.now();
  try {
    const found = await within(runtime, PATIENCE_MS, lookup(host, { all: true }));
    if (found === undefined) throw new Error('no answer in time');
    const ms = runtime.now() - startedAt;
    const addresses = found.map(({ address }) => address).join(', ');
    return { check, verdict: 'ok', text: `"${host}" is ${addresses}, found in ${duration(ms)}` };
  } catch (error) {
    const text = `the name "${host}" has no address: ${codeOf(error)}`;
    return {
      check,
      verdict: 'fail',
      text,
      mend: 'check how the host is written, and its DNS entry',
    };
  }
}

/** Opens a TCP connection. */
export async function checkTcp({ url, runtime }: Target): Promise<Finding> {
  const check = 'tcp';
  const place = `${url.hostname}:${portOf(url)}`;
  const socket = connectTcp({ host: hostOf(url), port: portOf(url) });
  const startedAt = runtime.now();
  try {
    const connected = new Promise<boolean>((resolve, reject) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', reject);
    });
    if ((await within(runtime, PATIENCE_MS, connected)) === undefined) throw new Error('no answer');
    const ms = runtime.now() - startedAt;
    const figures = { connectMs: ms };
    return { check, verdict: 'ok', text: `${place} connects in ${duration(ms)}`, figures };
  } catch (error) {
    const code = codeOf(error);
    const mend =
      code === 'ECONNREFUSED'
        ? 'nothing listens there: check that the server runs, its port, and what it is bound to'
        : 'check for a firewall or security group between here and there';
    return { check, verdict: 'fail', text: `${place} does not connect: ${code}`, mend };
  } finally {
    socket.destroy();
  }
}

/** Makes a TLS connection, and looks at the certificate. */
export async function checkTls(target: Target): Promise<Finding> {
  const check = 'tls';
  const { url, runtime } = target;
  const host = hostOf(url);
  const socket = connectTls({
    host,
    port: portOf(url),
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: false,
    ...(isIP(host) === 0 && { servername: host }),
  });
  try {
    const secured = new Promise<boolean>((resolve, reject) => {
      socket.once('secureConnect', () => resolve(true));
      socket.once('error', reject);
    });
    if ((await within(runtime, PATIENCE_MS, secured)) === undefined) {
      throw new Error('no answer in time');
    }
    return judgeCertificate(socket, target);
  } catch (error) {
    return { check, verdict: 'fail', ...tlsProblem(error, url) };
  } finally {
    // A late error must not end the process.
    socket.on('error', () => undefined);
    socket.destroy();
  }
}

function judgeCertificate(socket: TLSSocket, { insecure, runtime }: Target): Finding {
  const check = 'tls';
  const { valid_to: until, issuer } = socket.getPeerCertificate();
  const days = Math.floor((Date.parse(until) - runtime.wallNow()) / DAY_MS);
  const by = issuer?.O ?? issuer?.CN ?? 'unknown';
  const text = `${socket.getProtocol()}, certificate of "${String(by)}" for ${days} more days`;
  const figures = { days };
  if (!socket.authorized) {
    const code = String(socket.authorizationError);
    const mend =
      'install the whole chain (fullchain.pem) for this name; for an authority of your own set ' +
      'NODE_EXTRA_CA_CERTS here, and install it on the devices of users';
    const verdict = insecure ? 'warn' : 'fail';
    return { check, verdict, text: `the certificate is not accepted: ${code}`, mend, figures };
  }
  if (days > SOON_DAYS) return { check, verdict: 'ok', text, figures };
  return { check, verdict: 'warn', text, mend: 'renew the certificate', figures };
}

function tlsProblem(error: unknown, url: URL): { text: string; mend: string } {
  const code = codeOf(error);
  if (/NO_APPLICATION_PROTOCOL/.test(code)) {
    const mend = 'let the front speak HTTP/1.1 too: browsers upgrade WebSockets over it';
    return { text: 'no HTTP/1.1 is spoken, only other versions', mend };
  }
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH/.test(code)) {
    const plain = new URL(url);
    plain.protocol = 'ws:';
    return { text: 'no TLS is spoken there', mend: `use ${plain.href}, or a port that speaks TLS` };
  }
  const mend = 'check the certificate and the TLS settings of what listens there';
  return { text: `no TLS connection: ${code}`, mend };
}

/** The host without the brackets of IPv6. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'wss:' ? 443 : 80;
}
