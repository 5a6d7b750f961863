import type { Runtime } from '@trunkline/protocol';
import { colourful, plain } from '../paint.js';
import { printable } from '../printable.js';
import { parseToolUrl, parseWhole, shownUrl } from '../tool-url.js';
import { findingText, type Finding } from './finding.js';
import { checkIdle } from './idle-check.js';
import { checkAddress, checkTcp, checkTls } from './network-checks.js';
import { Probe } from './probe.js';
import {
  checkBuffering,
  checkCloseCode,
  checkHello,
  checkLargest,
  checkOneWrite,
  checkRoundTrip,
} from './session-checks.js';
import type { Target } from './target.js';
import { checkUpgrade } from './upgrade-check.js';

/** The flags of `trunkline doctor`. */
export interface DoctorFlags {
  readonly token?: string;
  readonly origin?: string;
  readonly idle?: string;
  readonly quick?: true;
  readonly insecure?: true;
  readonly json?: true;
}

/** What a doctor is given by the command. */
export interface DoctorOptions {
  readonly url: string;
  readonly flags: DoctorFlags;
  /** What authenticates, where no flag says it. */
  readonly token: string | undefined;
  readonly runtime: Runtime;
  readonly isColourful: boolean;
  readonly out: (text: string) => void;
  /** Writes a line that is no part of the output. */
  readonly error: (text: string) => void;
}

const DEFAULT_IDLE_S = '75';
/** What is looked at in a session, with a connection for each. */
const IN_SESSION = [
  checkRoundTrip,
  checkOneWrite,
  checkBuffering,
  checkLargest,
  checkCloseCode,
] as const;

/**
 * Looks at what lies between here and a server, and tells what was found. Gives whether nothing is wrong. Throws a TypeError for flags that do not fit.
 */
export async function runDoctor(options: DoctorOptions): Promise<boolean> {
  const { flags, runtime, isColourful, out, error } = options;
  const target: Target = {
    url: parseToolUrl(options.url),
    origin: flags.origin === undefined ? undefined : parseOrigin(flags.origin),
    token: flags.token ?? options.token ?? '',
    insecure: flags.insecure === true,
    runtime,
  };
  const idle = { option: '--idle', min: 1, max: 3_600 };
  const idleMs = parseWhole(flags.idle ?? DEFAULT_IDLE_S, idle) * 1_000;
  const findings: Finding[] = [];
  const paint = isColourful ? colourful : plain;
  const tell = (finding: Finding): boolean => {
    findings.push(finding);
    if (flags.json !== true) out(findingText(finding, paint));
    return finding.verdict !== 'fail';
  };
  const isQuick = flags.quick === true;
  await examine(target, { tell, idleMs: isQuick ? undefined : idleMs, progress: error });
  const isWell = findings.every(({ verdict }) => verdict !== 'fail');
  const url = shownUrl(target.url.href);
  if (flags.json === true) out(JSON.stringify({ url, ok: isWell, findings }, printableText, 2));
  else out(summary(findings, url));
  return isWell;
}

/** How the examination goes. */
interface Examination {
  /** Tells of a finding; `false` when it is one after which nothing else can be looked at. */
  readonly tell: (finding: Finding) => boolean;
  readonly idleMs: number | undefined;
  readonly progress: (text: string) => void;
}

async function examine(target: Target, { tell, idleMs, progress }: Examination): Promise<void> {
  if (!tell(await checkAddress(target))) return;
  if (!tell(await checkTcp(target))) return;
  if (target.url.protocol === 'wss:' && !tell(await checkTls(target))) return;
  const { findings, probe } = await checkUpgrade(target);
  for (const finding of findings) tell(finding);
  if (probe === undefined) return;
  const { finding, welcome } = await checkHello(probe, target);
  await probe.close();
  if (!tell(finding) || welcome === undefined) return;
  for (const check of IN_SESSION) tell(await inSession(target, check));
  if (idleMs === undefined) {
    const text = 'left out by --quick';
    for (const check of ['idle', 'dead peer']) tell({ check, verdict: 'skip', text });
    return;
  }
  const options = { idleMs, serverIdleMs: welcome.idleMs, progress };
  for (const one of await checkIdle(target, options)) tell(one);
}

/** Makes a check on a connection of its own, so that none suffers from what another one did. */
async function inSession(
  target: Target,
  check: (probe: Probe, target: Target) => Promise<Finding>,
): Promise<Finding> {
  const opening = await Probe.open(target);
  if (opening.outcome !== 'open') return noConnection(check.name);
  const { probe } = opening;
  try {
    const answer = await probe.hello();
    if (answer === undefined || !('kind' in answer)) return noConnection(check.name);
    return await check(probe, target);
  } finally {
    await probe.close();
  }
}

function noConnection(name: string): Finding {
  const check = name.replace(/^check/, '').toLowerCase();
  const text = 'a further connection was not let in';
  const mend = 'look into the log of the server: a limit of connections or of their rate';
  return { check, verdict: 'fail', text, mend };
}

/** What comes from the server must not act on a terminal. */
function printableText(_name: string, value: unknown): unknown {
  return typeof value === 'string' ? printable(value) : value;
}

function parseOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && url.origin !== 'null') return url.origin;
  throw new TypeError(
    `option "--origin": expected one such as https://app.example.com, got "${text}"`,
  );
}

function summary(findings: readonly Finding[], url: string): string {
  const failed = findings.filter(({ verdict }) => verdict === 'fail').length;
  const warned = findings.filter(({ verdict }) => verdict === 'warn').length;
  if (failed + warned === 0) return `all is well with "${url}"`;
  return `"${url}": ${failed} to mend, ${warned} to look at`;
}
