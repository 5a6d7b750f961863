import { callRateOf } from './call-rate.js';
import type {
  CallDescription,
  ErrorDescription,
  MemberDescription,
  PriceDescription,
  TopicDescription,
} from './contract-description.js';
import type {
  CallDefinition,
  MemberDefinition,
  MemberDoc,
  ProcedureDefinition,
  ProcedureLimits,
  TopicDefinition,
} from './definition.js';
import { deliveryOf } from './delivery.js';
import { keyFaults } from './key-fields.js';
import { expectSchema, optionFaults } from './member-options.js';
import { errorCodeFault } from './name-rules.js';
import { docOf } from './type/schema-doc.js';
import { isSchema, type Side } from './schema/schema.js';
import { paramsProblems } from './topic-params.js';
import { UNKNOWN } from './type/type-algebra.js';
import type { TypeNode } from './type/type-node.js';
import type { TypeReader } from './type/type-reader.js';

/** Where a member stands and who reads its types. */
export interface MemberPlace {
  readonly name: string;
  readonly path: string;
  readonly reader: TypeReader;
}

/** Reads a member to plain data and notes all that is wrong with it. */
export function readMember(member: MemberDefinition, place: MemberPlace): MemberDescription {
  const faults = optionFaults(member.kind, member);
  for (const message of faults) note(place, message);
  const read = member.kind === 'topic' ? readTopic(member, place) : readProcedure(member, place);
  if (faults.length > 0) return read;
  const price = readPrice(member, place);
  if (member.kind !== 'topic' || read.kind !== 'topic') return { ...read, ...price };
  return { ...read, ...price, ...readDelivery(member, read, place) };
}

function readProcedure(member: ProcedureDefinition, place: MemberPlace): MemberDescription {
  const { name } = place;
  const common = {
    name,
    ...docsAndLimits(member),
    ...readPart(member.input, 'input', { ...place, part: 'input' }),
    ...readPart(member.output, 'output', { ...place, part: 'output' }),
    errors: readErrors(member.errors, 'output', place),
  };
  if (member.kind === 'call') return { kind: 'call', ...common, idempotent: member.idempotent };
  if (!member.hasUp && !member.hasDown) {
    note(place, 'a stream needs "up", "down" or both; for one input and one output use call()');
  }
  return {
    kind: 'stream',
    ...common,
    ...readPart(member.up, 'input', { ...place, part: 'up' }),
    ...readPart(member.down, 'output', { ...place, part: 'down' }),
  };
}

/** Reads a call that the client answers: it gets the input, and gives what comes of it. */
export function readClientCall(call: CallDefinition, place: MemberPlace): CallDescription {
  for (const message of optionFaults('clientCall', call)) note(place, message);
  return {
    kind: 'call',
    name: place.name,
    ...docsAndLimits(call),
    ...readPart(call.input, 'output', { ...place, part: 'input' }),
    ...readPart(call.output, 'input', { ...place, part: 'output' }),
    errors: readErrors(call.errors, 'input', place),
    idempotent: false,
  };
}

function readTopic(member: TopicDefinition, place: MemberPlace): TopicDescription {
  const { name, path, reader } = place;
  const faults = isSchema(member.params) ? paramsProblems(member.params, `${path}.params`) : [];
  reader.problems.push(...faults);
  const params = faults.length === 0 ? member.params : undefined;
  if (member.message === undefined) note(place, 'option "message": expected a schema of zod 4');
  const messagePlace = { ...place, part: 'message' } as const;
  const message = readPart(member.message, 'output', messagePlace);
  const published =
    member.publish === 'client' ? readPart(member.message, 'input', messagePlace) : {};
  return {
    kind: 'topic',
    name,
    ...docsAndLimits(member),
    publish: member.publish,
    public: member.public,
    ...(member.keep && { keep: member.keep }),
    ...(typeof member.snapshot === 'string' && { snapshot: member.snapshot }),
    ...readPart(params, 'input', { ...place, part: 'params' }),
    message: message.message ?? UNKNOWN,
    ...(published.message && { publishInput: published.message }),
  };
}

/** Describes what calling takes; a server is held to nothing. */
function readPrice(member: MemberDefinition, place: MemberPlace): PriceDescription {
  const { cost } = member;
  const rate = callRateOf(member.rate);
  const isForNobody = member.kind === 'topic' && member.publish !== 'client';
  if (isForNobody && (rate !== undefined || cost !== undefined)) {
    const option = rate === undefined ? 'cost' : 'rate';
    note(
      place,
      `option "${option}" is for what clients publish: this topic says publish: "server"`,
    );
  }
  return { ...(rate && { rate }), ...(cost !== undefined && { cost }) };
}

/** Notes what is wrong with the key of a topic, and describes what is not the default. */
function readDelivery(
  member: TopicDefinition,
  { message }: TopicDescription,
  place: MemberPlace,
): Pick<TopicDescription, 'delivery' | 'slow'> {
  const { key, isLatest, maxPerSecond, slow } = deliveryOf(member);
  if (key === undefined) {
    if (slow !== 'conflate') return slow === 'close' ? { slow } : {};
    note(place, 'option "slow": "conflate" needs a key; use { conflate: "<field>" }');
    return {};
  }
  for (const fault of keyFaults(key, message, place.reader.types)) note(place, fault);
  const latest = maxPerSecond === undefined ? { latest: key } : { latest: key, maxPerSecond };
  if (isLatest && typeof member.slow === 'object') {
    note(place, 'option "slow": its key is that of "latest" here; use "conflate" alone');
  }
  const isStandard = slow === (isLatest ? 'conflate' : 'gap');
  return {
    ...(isLatest && { delivery: latest }),
    ...(!isStandard && { slow: slow === 'conflate' ? { conflate: key } : slow }),
  };
}

function readErrors(errors: unknown, side: Side, place: MemberPlace): ErrorDescription[] {
  if (typeof errors !== 'object' || errors === null || isSchema(errors)) return [];
  return Object.entries(errors)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, schema]: [string, unknown]) => {
      const path = `${place.path}.errors.${code}`;
      const faults = [errorCodeFault(code), expectSchema(schema)];
      for (const message of faults) if (message) place.reader.problems.push({ path, message });
      return isSchema(schema)
        ? { code, data: place.reader.read(schema, side, path), ...docOf(schema, side) }
        : { code, data: UNKNOWN };
    });
}

/** Reads a part of a member, if it is there and is a schema at all, under the part's name. */
function readPart<Part extends string>(
  schema: unknown,
  side: Side,
  { part, path, reader }: MemberPlace & { readonly part: Part },
): { readonly [Name in Part]?: TypeNode } {
  if (!isSchema(schema)) return {};
  return { [part]: reader.read(schema, side, `${path}.${part}`) } as { [Name in Part]: TypeNode };
}

function docsAndLimits(member: MemberDefinition): MemberDoc & ProcedureLimits {
  const { description, deprecated, since } = member;
  const docs = { description, deprecated, since };
  const limits =
    member.kind === 'topic'
      ? {}
      : {
          deadlineMs: member.deadlineMs,
          maxInputBytes: member.maxInputBytes,
          maxOutputBytes: member.maxOutputBytes,
        };
  const given = Object.entries({ ...docs, ...limits }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}

function note({ path, reader }: MemberPlace, message: string): void {
  reader.problems.push({ path, message });
}
