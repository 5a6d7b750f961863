import { expectCallCost, expectCallRate } from './call-rate.js';
import { quote } from './name-rules.js';
import { isSchema } from './schema/schema.js';

/** Says what is wrong with the value of an option, if anything. */
type OptionRule = (value: unknown) => string | undefined;

type OptionRules = Readonly<Record<string, OptionRule>>;

const DOC_RULES: OptionRules = {
  description: expectText,
  deprecated: (value) => (value === true ? undefined : expectText(value)),
  since: expectText,
};

const PROCEDURE_RULES: OptionRules = {
  ...DOC_RULES,
  input: expectSchema,
  output: expectSchema,
  errors: (value) => (isRecord(value) ? undefined : 'expected an object of schemas by code'),
  deadlineMs: expectPositive,
  maxInputBytes: expectPositive,
  maxOutputBytes: expectPositive,
};

/** What a server holds its callers to; nobody holds a server to anything. */
const PRICE_RULES: OptionRules = { rate: expectCallRate, cost: expectCallCost };

const RULES = {
  contract: DOC_RULES,
  call: { ...PROCEDURE_RULES, ...PRICE_RULES, idempotent: expectFlag },
  clientCall: { ...PROCEDURE_RULES, idempotent: expectNoRetry },
  stream: { ...PROCEDURE_RULES, ...PRICE_RULES, up: expectSchema, down: expectSchema },
  topic: {
    ...DOC_RULES,
    params: expectSchema,
    message: expectSchema,
    publish: expectOneOf('server', 'client'),
    public: expectFlag,
    keep: expectKeep,
    delivery: expectDelivery,
    slow: expectSlow,
    snapshot: expectText,
    ...PRICE_RULES,
  },
} satisfies Record<string, OptionRules>;

const KEEP_RULES: OptionRules = {
  count: expectPositive,
  ageMs: expectPositive,
  bytes: expectPositive,
};

const LATEST_RULES: OptionRules = { latest: expectKey, maxPerSecond: expectRate };
const CONFLATE_RULES: OptionRules = { conflate: expectKey };

// What a definition carries beside what was given.
const OWN_KEYS = new Set([
  'kind',
  'paramNames',
  'keeps',
  'hasUp',
  'hasDown',
  'hasOutput',
  '~types',
  '~definition',
]);

/** Lists what is wrong with the options of a contract, call, stream or topic. */
export function optionFaults(kind: keyof typeof RULES, options: object): string[] {
  return Object.entries(options).flatMap(([name, value]) => {
    if (value === undefined || OWN_KEYS.has(name)) return [];
    return ruleFault(RULES[kind], name, value) ?? [];
  });
}

function ruleFault(rules: OptionRules, name: string, value: unknown): string | undefined {
  const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
  if (rule === undefined && name === 'client' && rules === DOC_RULES) {
    return 'option "client" stands among the members: contract(name, { client: { … } })';
  }
  if (rule === undefined) {
    return `unknown option ${quote(name)}: expected ${Object.keys(rules).join(', ')}`;
  }
  const fault = rule(value);
  return fault === undefined ? undefined : `option "${name}": ${fault}`;
}

function expectText(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== ''
    ? undefined
    : `expected a text, got ${quote(value)}`;
}

function expectFlag(value: unknown): string | undefined {
  return typeof value === 'boolean' ? undefined : `expected true or false, got ${quote(value)}`;
}

function expectNoRetry(value: unknown): string | undefined {
  return value === false ? undefined : 'a server does not repeat its calls; leave it out';
}

function expectPositive(value: unknown): string | undefined {
  return Number.isSafeInteger(value) && Number(value) > 0
    ? undefined
    : `expected a whole number above 0, got ${quote(value)}`;
}

function expectOneOf(...allowed: readonly string[]): OptionRule {
  const list = allowed.map((word) => `"${word}"`).join(' or ');
  return (value) =>
    allowed.some((word) => word === value) ? undefined : `expected ${list}, got ${quote(value)}`;
}

function expectKeep(value: unknown): string | undefined {
  if (!isRecord(value)) return `expected an object such as { count: 1000 }, got ${quote(value)}`;
  return firstFault(KEEP_RULES, value);
}

function expectDelivery(value: unknown): string | undefined {
  if (value === 'every') return undefined;
  if (isRecord(value) && 'latest' in value) return firstFault(LATEST_RULES, value);
  return `expected "every" or an object such as { latest: "id" }, got ${quote(value)}`;
}

function expectSlow(value: unknown): string | undefined {
  if (value === 'gap' || value === 'conflate' || value === 'close') return undefined;
  if (isRecord(value) && 'conflate' in value) return firstFault(CONFLATE_RULES, value);
  return `expected "gap", "conflate", "close" or { conflate: "id" }, got ${quote(value)}`;
}

function expectKey(value: unknown): string | undefined {
  const fields: readonly unknown[] = Array.isArray(value) ? value : [value];
  const isGood = fields.length > 0 && fields.every((field) => expectText(field) === undefined);
  return value === true || isGood
    ? undefined
    : `expected the name of a field, a list of names, or true, got ${quote(value)}`;
}

function expectRate(value: unknown): string | undefined {
  return typeof value === 'number' && value > 0 && value <= MAX_RATE
    ? undefined
    : `expected a number above 0 and up to ${MAX_RATE}, got ${quote(value)}`;
}

/** Timers are no finer. */
const MAX_RATE = 1_000;

function firstFault(rules: OptionRules, value: object): string | undefined {
  return Object.entries(value)
    .filter(([, option]) => option !== undefined)
    .map(([name, option]) => ruleFault(rules, name, option))
    .find((fault) => fault !== undefined);
}

/** Says what is wrong with a value that must be a schema. */
export function expectSchema(value: unknown): string | undefined {
  if (isSchema(value)) return undefined;
  return typeof value === 'object' && value !== null && '_def' in value
    ? 'expected a schema of zod 4, got one of an older zod'
    : `expected a schema of zod 4, got ${quote(value)}`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isSchema(value);
}
