import { quote } from './name-rules.js';

/** How often callers may call, as a text: `60/s`, `5/min`, `100/h`. As many may come at once. */
export type RateText = `${number}/${'s' | 'min' | 'h'}`;

/** How often callers may call, as an object. */
export interface Rate {
  /** So many a second in the long run; a fraction for less than one. */
  readonly perSecond: number;
  /** So many at once, after a rest; those of one second, and at least 1, unless it is given. */
  readonly burst?: number;
}

/** How often callers may call, with all defaults filled in. */
export type CallRate = Required<Rate>;

/** The options of a procedure or topic that say what calling it takes, as they were given. */
export interface CallPrice {
  /**
   * How often each caller may call it, on each server process: `60/s` or `{ perSecond: 60, burst: 200 }`.
   * A caller is a principal, or a session in which nobody is signed in. Without it, as often as they like.
   */
  readonly rate?: RateText | Rate;
  /** How many calls it counts as for the server's `callRate`; 1 unless given, 0 for nothing. */
  readonly cost?: number;
}

const SECONDS = { s: 1, min: 60, h: 3_600 } as const;
const TEXT = /^([1-9][0-9]{0,6})\/(s|min|h)$/;
const MOST = 1_000_000;
const EXPECTED = `expected a text such as "60/s", a whole number with s, min or h, or { perSecond: 60 }`;

/** Says what is wrong with the rate of a procedure or topic, if anything. */
export function expectCallRate(value: unknown): string | undefined {
  if (typeof value === 'string') {
    const [, count = '0'] = TEXT.exec(value) ?? [];
    return Number(count) > 0 && Number(count) <= MOST
      ? undefined
      : `${EXPECTED}, got ${quote(value)}`;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return `${EXPECTED}, got ${quote(value)}`;
  }
  const { perSecond, burst, ...others } = value as Readonly<Record<string, unknown>>;
  const [other] = Object.keys(others);
  if (other !== undefined) return `unknown option ${quote(other)}: expected perSecond, burst`;
  if (typeof perSecond !== 'number' || !(perSecond > 0 && perSecond <= MOST)) {
    return `option "perSecond": expected a number above 0 and up to ${MOST}, got ${quote(perSecond)}`;
  }
  const isBurst = Number.isSafeInteger(burst) && Number(burst) > 0 && Number(burst) <= MOST;
  return burst === undefined || isBurst
    ? undefined
    : `option "burst": expected a whole number from 1 to ${MOST}, got ${quote(burst)}`;
}

/** Says what is wrong with the cost of a procedure or topic, if anything. */
export function expectCallCost(value: unknown): string | undefined {
  return typeof value === 'number' && value >= 0 && value <= MOST
    ? undefined
    : `expected a number from 0 to ${MOST}, got ${quote(value)}`;
}

/** Fills in what a rate does not say; `undefined` where there is none. */
export function callRateOf(rate: CallPrice['rate']): CallRate | undefined {
  if (rate === undefined) return undefined;
  if (typeof rate === 'object') {
    const { perSecond, burst = Math.max(1, Math.ceil(perSecond)) } = rate;
    return { perSecond, burst };
  }
  const [, count = '1', unit = 's'] = TEXT.exec(rate) ?? [];
  return { perSecond: Number(count) / SECONDS[unit as keyof typeof SECONDS], burst: Number(count) };
}
