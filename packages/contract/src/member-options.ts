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

const RULES = {
  contract: DOC_RULES,
  call: { ...PROCEDURE_RULES, idempotent: expectFlag },
  clientCall: { ...PROCEDURE_RULES, idempotent: expectNoRetry },
  stream: { ...PROCEDURE_RULES, up: expectSchema, down: expectSchema },
  topic: {
    ...DOC_RULES,
    params: expectSchema,
    message: expectSchema,
    publish: expectOneOf('server', 'client'),
    public: expectFlag,
    keep: expectKeep,
    delivery: expectOneOf('every'),
    slow: expectOneOf('gap'),
  },
} satisfies Record<string, OptionRules>;

const KEEP_RULES: OptionRules = {
  count: expectPositive,
  ageMs: expectPositive,
  bytes: expectPositive,
};

// What a later version may bring is refused by name, so that nobody relies on it being honoured.
const LATER_OPTIONS = new Set(['snapshot']);
const LATER_VALUES: Readonly<Record<string, readonly string[]>> = {
  delivery: ['latest'],
  slow: ['conflate', 'close'],
};
const INSTEAD: Readonly<Record<string, string>> = { delivery: 'every', slow: 'gap' };

// What a definition carries beside what was given.
const OWN_KEYS = new Set([
  'kind',
  'paramNames',
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
    return laterFault(name, value) ?? ruleFault(RULES[kind], name, value) ?? [];
  });
}

function laterFault(name: string, value: unknown): string | undefined {
  if (LATER_OPTIONS.has(name)) {
    return `option "${name}" is not available in this version; leave it out`;
  }
  const word = LATER_VALUES[name]?.find(
    (one) => value === one || (isRecord(value) && one in value),
  );
  return word === undefined
    ? undefined
    : `option "${name}": "${word}" is not available in this version; ` +
        `leave it out or use "${INSTEAD[name]}"`;
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
  return Object.entries(value)
    .map(([name, limit]) => ruleFault(KEEP_RULES, name, limit))
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
