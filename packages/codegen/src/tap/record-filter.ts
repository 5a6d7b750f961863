import { KINDS } from '@trunkline/protocol';
import { suggestion } from '../suggestion.js';
import type { RecordKind, TapRecord } from './record.js';

/** Which records are shown; each that is given narrows what is. */
export interface FilterOptions {
  /** Names of procedures; `*` stands for any characters. */
  readonly procedures: readonly string[];
  /** Names of topics; `*` stands for any characters. */
  readonly topics: readonly string[];
  readonly kinds: readonly string[];
  /** Shows only what tells of something that went wrong. */
  readonly errors: boolean;
}

/** Tells whether a record is shown. */
export type RecordFilter = (record: TapRecord) => boolean;

const OWN_KINDS: readonly RecordKind[] = [
  'OPEN',
  'REFUSED',
  'CLOSE',
  'BATCH',
  'MALFORMED',
  'TEXT',
  'UNKNOWN',
];

const ALL_KINDS: readonly string[] = [...Object.keys(KINDS), ...OWN_KINDS];

/** What is about a connection as a whole: it is shown whatever names are asked for. */
const OF_CONNECTION: ReadonlySet<string> = new Set([
  'OPEN',
  'REFUSED',
  'CLOSE',
  'MALFORMED',
  'TEXT',
]);

/** Makes a filter. Throws a TypeError for a kind that does not exist. */
export function createFilter({ procedures, topics, kinds, errors }: FilterOptions): RecordFilter {
  const wanted = new Set(kinds.map(kindOf));
  const isProcedure = matcher(procedures);
  const isTopic = matcher(topics);
  const isNamed = procedures.length + topics.length > 0;
  return (record) => {
    if (errors && record.isError !== true) return false;
    if (wanted.size > 0 && !wanted.has(record.kind)) return false;
    if (!isNamed || OF_CONNECTION.has(record.kind)) return true;
    if (record.name === undefined) return false;
    // A publish is a call by the name of its topic.
    return isTopic(record.name) || (record.isTopic !== true && isProcedure(record.name));
  };
}

function kindOf(given: string): string {
  const kind = given.toUpperCase();
  if (ALL_KINDS.includes(kind)) return kind;
  const meant = suggestion(kind, ALL_KINDS);
  const hint = meant === undefined ? '' : `did you mean ${meant}? `;
  throw new TypeError(`unknown kind "${given}": ${hint}expected ${ALL_KINDS.join(', ')}`);
}

function matcher(patterns: readonly string[]): (name: string) => boolean {
  const expressions = patterns.map((pattern) => {
    const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}$`);
  });
  return (name) => expressions.some((expression) => expression.test(name));
}
