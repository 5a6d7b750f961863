import type { IncomingHttpHeaders } from 'node:http';
import { negotiate, SUBPROTOCOLS, type Close } from '@trunkline/protocol';
import type { ConnectionInfo } from '../routes/context.js';
import { canonicalOrigin, type OriginRule } from './origin.js';
import type { Refusal } from './refusal.js';
import type { ClientRoute } from './trusted-proxies.js';

/** An upgrade request. Any header may be missing: Node drops those over its limit. */
export interface UpgradeRequest {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly client: ClientRoute;
}

/** What holds for every upgrade of a server. */
export interface UpgradePolicy {
  /** The subprotocols that are spoken. */
  readonly spoken: readonly string[];
  /** How many subprotocols may be offered, and their bytes. */
  readonly offered: { readonly names: number; readonly bytes: number };
  readonly isOriginAllowed: OriginRule;
  /** Whether cookies are passed on; then a request without an origin is not served. */
  readonly cookies: boolean;
}

/**
 * What comes of an upgrade request: a refusal, a close or a connection. A refusal is an answer in
 * HTTP; a close comes right after the upgrade, so that a page can read why.
 */
export type UpgradeDecision =
  | { readonly outcome: 'refuse'; readonly refusal: Refusal }
  | { readonly outcome: 'close'; readonly close: Close }
  | { readonly outcome: 'accept'; readonly info: ConnectionInfo; readonly takesPacked: boolean };

/** 16 bytes in base64. */
const KEY_LENGTH = 24;

const MAX_UPGRADE_LENGTH = 32;

/** Decides on an upgrade request. Admission comes afterwards. */
export function decideUpgrade(request: UpgradeRequest, policy: UpgradePolicy): UpgradeDecision {
  const refusal = findFault(request);
  if (refusal !== undefined) return { outcome: 'refuse', refusal };
  const { spoken, offered } = policy;
  const header = textOf(request.headers, 'sec-websocket-protocol');
  const negotiation = negotiate(header, spoken, offered);
  if (negotiation.outcome === 'refuse') {
    return refuseWith(400, `no subprotocol fits: offer ${spoken.join(' or ')}`);
  }
  const reason = findOriginFault(request, policy);
  if (reason !== undefined) return { outcome: 'close', close: { code: 'REFUSED', reason } };
  if (negotiation.outcome === 'explain') {
    return { outcome: 'close', close: { code: 'VERSION', reason: spoken.join(' ') } };
  }
  const takesPacked = negotiation.name === SUBPROTOCOLS.packed;
  return { outcome: 'accept', info: readInfo(request, policy.cookies), takesPacked };
}

function findFault({ method, headers }: UpgradeRequest): Refusal | undefined {
  if (method !== 'GET') return { status: 405, message: 'not a GET', headers: { allow: 'GET' } };
  const upgrade = textOf(headers, 'upgrade');
  if (upgrade === undefined || upgrade.length > MAX_UPGRADE_LENGTH) return fault('upgrade');
  if (upgrade.toLowerCase() !== 'websocket') return fault('upgrade');
  if (textOf(headers, 'sec-websocket-version') !== '13') {
    return {
      status: 426,
      message: 'only version 13 of WebSocket is spoken',
      headers: { upgrade: 'websocket', 'sec-websocket-version': '13' },
    };
  }
  if (textOf(headers, 'sec-websocket-key')?.length !== KEY_LENGTH) {
    return fault('sec-websocket-key');
  }
  return undefined;
}

function findOriginFault(
  { headers, client }: UpgradeRequest,
  { isOriginAllowed, cookies }: UpgradePolicy,
): string | undefined {
  const origin = textOf(headers, 'origin');
  if (origin === undefined) return cookies ? 'origin missing' : undefined;
  const own = canonicalOrigin(`${client.scheme}://${client.host ?? ''}`);
  return isOriginAllowed(origin, own) ? undefined : 'origin not allowed';
}

function readInfo({ headers, url, client }: UpgradeRequest, cookies: boolean): ConnectionInfo {
  // Without a prototype, so that a header named as one of its members is a header.
  // `Object.create(null)` would be a table of its own for each, several times as large.
  const plain = Object.setPrototypeOf({}, null) as Record<string, string>;
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (typeof value === 'string' && (cookies || name !== 'cookie')) plain[name] = value;
  }
  return {
    remoteAddress: client.address,
    origin: textOf(headers, 'origin'),
    headers: plain,
    url: url ?? '/',
  };
}

function textOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

function refuseWith(status: number, message: string): UpgradeDecision {
  return { outcome: 'refuse', refusal: { status, message } };
}

function fault(header: string): Refusal {
  return { status: 400, message: `header "${header}" is missing or wrong` };
}
