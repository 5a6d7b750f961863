import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIPv6 } from 'node:net';
import { plainAddress } from './address.js';

/** The nearest part of a forwarded header; a peer may have put any length before it. */
const MAX_LENGTH = 2048;

const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host'];

const SCHEMES = new Map<string, 'http' | 'https'>([
  ['http', 'http'],
  ['ws', 'http'],
  ['https', 'https'],
  ['wss', 'https'],
]);

/** A request as the socket and its headers show it. */
export interface RequestHop {
  /** Address of the other end of the socket; empty for a local pipe. */
  readonly peer: string;
  readonly isEncrypted: boolean;
  readonly headers: IncomingHttpHeaders;
}

/** Who asks, and how they reached the outermost trusted proxy. */
export interface ClientRoute {
  /** Plain address of the client; empty when the peer has none. */
  readonly address: string;
  readonly scheme: 'http' | 'https';
  readonly host: string | undefined;
  /** Whether a peer that is not trusted sent forwarded headers. */
  readonly isForwardingIgnored: boolean;
}

interface ForwardedStep {
  readonly address: string | undefined;
  readonly scheme?: string | undefined;
  readonly host?: string | undefined;
}

/**
 * Finds the client behind proxies whose word counts. Addresses are read from the right, past those
 * that are trusted themselves, so what a client wrote into the header is never reached. Where both
 * are there, X-Forwarded-For counts and Forwarded does not: a proxy must remove what it does not
 * set.
 */
export class TrustedProxies {
  readonly #networks = new BlockList();

  /** Takes addresses and networks as `10.0.0.0/8`; throws a TypeError for anything else. */
  constructor(networks: readonly string[]) {
    for (const network of networks) this.#add(network);
  }

  /** Finds out who is behind a request. */
  resolve({ peer, isEncrypted, headers }: RequestHop): ClientRoute {
    const address = plainAddress(peer) ?? '';
    const own = isEncrypted ? 'https' : 'http';
    const isForwarded = FORWARDED.some((name) => headers[name] !== undefined);
    if (!isForwarded || !this.#isTrusted(address)) {
      return { address, scheme: own, host: headers.host, isForwardingIgnored: isForwarded };
    }
    const client = this.#walk(address, stepsOf(headers));
    return {
      address: client.address,
      scheme: SCHEMES.get(client.scheme?.toLowerCase() ?? '') ?? own,
      host: client.host ?? headers.host,
      isForwardingIgnored: false,
    };
  }

  #walk(peer: string, steps: readonly ForwardedStep[]): ForwardedStep & { address: string } {
    let client: ForwardedStep & { address: string } = { address: peer };
    for (const step of [...steps].reverse()) {
      // "unknown" and hidden names: the nearest address that is known stands for it.
      client = { ...step, address: step.address ?? client.address };
      if (step.address === undefined || !this.#isTrusted(step.address)) break;
    }
    return client;
  }

  #isTrusted(address: string): boolean {
    return address !== '' && this.#networks.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  }

  #add(network: string): void {
    const [base = '', digits, ...rest] = network.split('/');
    const address = plainAddress(base);
    const family = address !== undefined && isIPv6(address) ? 'ipv6' : 'ipv4';
    const bits = family === 'ipv6' ? 128 : 32;
    const prefix = digits === undefined ? bits : /^\d{1,3}$/.test(digits) ? Number(digits) : -1;
    if (address === undefined || prefix < 0 || prefix > bits || rest.length > 0) {
      throw new TypeError(
        `trusted proxy "${network}" is not valid: expected an address or a network as ` +
          '"10.0.0.0/8" or "fd00::/8"',
      );
    }
    this.#networks.addSubnet(address, prefix, family);
  }
}

function stepsOf(headers: IncomingHttpHeaders): ForwardedStep[] {
  const chain = textOf(headers, 'x-forwarded-for');
  const forwarded = textOf(headers, 'forwarded');
  if (chain === undefined && forwarded !== undefined) return forwarded.split(',').map(readStep);
  const scheme = firstOf(textOf(headers, 'x-forwarded-proto'));
  const host = firstOf(textOf(headers, 'x-forwarded-host'));
  const addresses = (chain ?? 'unknown').split(',');
  return addresses.map((text) => ({ address: readAddress(text), scheme, host }));
}

function textOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value.slice(-MAX_LENGTH) : undefined;
}

function firstOf(list: string | undefined): string | undefined {
  return list?.split(',')[0]?.trim();
}

/** Reads one element of a Forwarded header: `for="[2001:db8::1]:4711";proto=https;host=a.example`. */
function readStep(element: string): ForwardedStep {
  const fields = new Map<string, string>();
  for (const pair of element.split(';')) {
    const [key = '', ...rest] = pair.split('=');
    fields.set(key.trim().toLowerCase(), rest.join('=').trim().replaceAll('"', ''));
  }
  return {
    address: readAddress(fields.get('for') ?? ''),
    scheme: fields.get('proto'),
    host: fields.get('host'),
  };
}

/** Reads an address that may have a port behind it and, if it is IPv6, brackets around it. */
function readAddress(text: string): string | undefined {
  const trimmed = text.trim();
  const closing = trimmed.indexOf(']');
  if (trimmed.startsWith('[') && closing > 0) return plainAddress(trimmed.slice(1, closing));
  const [before = '', ...after] = trimmed.split(':');
  return plainAddress(after.length === 1 ? before : trimmed);
}
