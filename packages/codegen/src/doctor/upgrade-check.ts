import { SUBPROTOCOLS } from '@trunkline/protocol';
import { shownUrl } from '../tool-url.js';
import type { Finding } from './finding.js';
import { Probe, type Refused } from './probe.js';
import { codeOf, type Target } from './target.js';

/** What came of the upgrade: findings, and the connection if there is one. */
export interface UpgradeResult {
  readonly findings: readonly Finding[];
  readonly probe?: Probe;
}

const PROXY_MEND =
  'let the proxy pass on upgrades; for nginx: proxy_http_version 1.1; ' +
  'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"';

/** Asks for the upgrade, and looks at the subprotocol and the extensions that were chosen. */
export async function checkUpgrade(target: Target): Promise<UpgradeResult> {
  const check = 'upgrade';
  const opening = await Probe.open(target, { compress: true });
  if (opening.outcome === 'refused') {
    return { findings: [{ check, verdict: 'fail', ...explainStatus(opening.refused, target) }] };
  }
  if (opening.outcome === 'failed') {
    return { findings: [{ check, verdict: 'fail', ...explainFailure(opening.error, target) }] };
  }
  const { probe } = opening;
  const via = viaOf(probe);
  const upgrade: Finding = {
    check,
    verdict: 'ok',
    text: `the server switches to WebSocket${via === '' ? '' : `, through ${via}`}`,
  };
  const subprotocol = judgeSubprotocol(probe);
  const findings = [upgrade, subprotocol, judgeCompression(probe)];
  if (subprotocol.verdict !== 'fail') return { findings, probe };
  await probe.close();
  return { findings };
}

function judgeSubprotocol(probe: Probe): Finding {
  const { subprotocol } = probe;
  const check = 'subprotocol';
  if (subprotocol === SUBPROTOCOLS.any) {
    const text = 'the server speaks none of the versions of this command';
    return { check, verdict: 'fail', text, mend: 'use the command of the version of the server' };
  }
  const figures = { subprotocol };
  return { check, verdict: 'ok', text: `"${subprotocol}" was chosen`, figures };
}

function judgeCompression({ extensions }: Probe): Finding {
  const check = 'compression';
  if (extensions === '') return { check, verdict: 'ok', text: 'none, as it should be' };
  const mend =
    'something in between compresses WebSockets: switch that off, it costs and gains little';
  return { check, verdict: 'warn', text: `"${extensions}" was accepted`, mend };
}

function viaOf({ headers }: Probe): string {
  return [headers['server'], headers['via']].flatMap((value) => value ?? []).join(', ');
}

interface Explained {
  readonly text: string;
  readonly mend: string;
  readonly figures?: { readonly status: number };
}

function explainStatus(refused: Refused, target: Target): Explained {
  const { status, body } = refused;
  const first = body.startsWith('<') ? '' : (body.split('\n', 1)[0] ?? '').slice(0, 120);
  const text = `answered HTTP ${status}${first === '' ? '' : ` "${first}"`} instead of switching`;
  return { text, mend: mendStatus(refused, target), figures: { status } };
}

function mendStatus({ status, headers, body }: Refused, { url }: Target): string {
  const retry = headers['retry-after'];
  const location = headers['location'];
  if (status >= 300 && status < 400) {
    const to =
      location === undefined ? 'the new address' : `"${shownUrl(webSocketUrl(location, url))}"`;
    return `WebSockets do not follow redirects: use ${to}`;
  }
  if (/plain HTTP request was sent to HTTPS port|HTTPS server/i.test(body)) {
    return `that port speaks TLS: use wss://${url.host}${url.pathname}`;
  }
  switch (status) {
    case 200:
    case 426:
      return `it was taken for a plain request: check the path "${url.pathname}", and ${PROXY_MEND}`;
    case 400:
      return /subprotocol/.test(body)
        ? 'a proxy drops Sec-WebSocket-Protocol: let it pass'
        : `headers of the upgrade are lost on the way: ${PROXY_MEND}`;
    case 401:
    case 407:
      return 'something before the server wants a login: browsers cannot send one with an upgrade';
    case 403:
      return 'a proxy or firewall refuses: check its rules for WebSockets and for the Origin header';
    case 404:
      return `nothing is mounted at the path "${url.pathname}", or ${PROXY_MEND}`;
    case 429:
    case 503:
      return `a limit was reached, or nobody serves: try again${retry === undefined ? '' : ` in ${retry} s`}`;
    case 502:
    case 504:
      return 'the proxy cannot reach the server behind it: check that it runs, and its address there';
    case 505:
    case 421:
      return 'let the front speak HTTP/1.1: browsers upgrade WebSockets over it';
    default:
      return `check the path "${url.pathname}" and every proxy in between`;
  }
}

function webSocketUrl(location: string, base: URL): string {
  const http = new URL(base);
  http.protocol = base.protocol === 'wss:' ? 'https:' : 'http:';
  if (!URL.canParse(location, http.href)) return location;
  const url = new URL(location, http);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

function explainFailure(error: Error, { url }: Target): Explained {
  if (/subprotocol/.test(error.message)) {
    const text = 'a WebSocket opens, and no subprotocol was chosen: this is no Trunkline server';
    return { text, mend: `check the path "${url.pathname}", and that no proxy drops the header` };
  }
  if (/timed out/.test(error.message)) {
    const mend = 'something takes the request and does not answer it: check the proxies in between';
    return { text: 'no answer to the upgrade in 10 s', mend };
  }
  const code = codeOf(error);
  if (/^HPE_|socket hang up|ECONNRESET/.test(`${code} ${error.message}`)) {
    const secure = url.protocol === 'ws:' ? ', or it speaks TLS: try wss:' : '';
    const text = `the connection ended without an answer in HTTP/1.1: ${code}`;
    return {
      text,
      mend: `what listens there speaks something else, HTTP/2 alone perhaps${secure}`,
    };
  }
  return { text: `no upgrade: ${code}`, mend: 'check what listens there' };
}
