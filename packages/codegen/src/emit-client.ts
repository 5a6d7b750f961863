import type { ContractDescription, MemberDescription, TypeNode } from '@trunkline/contract';
import { clientTypes } from './client-types.js';
import { ImportList } from './import-list.js';
import { MemberCodecText } from './member-codec-text.js';
import { partTypeName, memberParts, type MemberPart } from './member-part.js';
import { pascalCase } from './names.js';
import { docComment } from './type-text.js';

/**
 * Writes the client of a contract: its types, its interface, its codecs and its shape. The last is
 * what `connect()` takes. Types are flat and spelled out. Throws a `GenerateError` where two would
 * have the same name.
 */
export function emitClient(description: ContractDescription): string {
  const { name, revision, members } = description;
  const client = `${pascalCase(name)}Client`;
  const calls = description.client ?? [];
  const handlers = `${client}Handlers`;
  const own = calls.length > 0 ? [client, handlers] : [client];
  const types = clientTypes(description, own);
  const imports = new ImportList('@trunkline/client', new Set([...types.names, ...own]));
  const service = imports.type('ServiceShape');
  const methods = members.map((member) => {
    const type = method(member, { imports, members });
    return `${docComment(member, '  ')}  readonly ${member.name}: ${type};\n`;
  });
  const codecs = new MemberCodecText(imports);
  const shapeText = ({ name: own }: MemberDescription, facts: string): string => {
    const of = description.layouts[own];
    const codec = of && codecs.client(own, of);
    return `    ${own}: { ${[facts, ...(codec ? [`codec: ${codec}`] : [])].join(', ')} },\n`;
  };
  const shapes = members.map((member) => shapeText(member, shape(member, description)));
  // The server that makes them says how long they have.
  const served = calls.map((call) => shapeText(call, `kind: 'call'`));
  const interfaces = [client, ...(calls.length > 0 ? [handlers] : [])].join(', ');
  const handlerTypes = calls.length > 0 ? [handlersText(description, handlers, imports)] : [];
  const about = description.description ?? `Client of the contract "${name}".`;
  const use = `What \`connect()\` takes as a service for "${name}".`;
  const doc = (text: string) => docComment({ ...description, description: text });
  return [
    imports.text,
    types.text,
    `${doc(about)}export interface ${client} {\n${methods.join('')}}\n`,
    ...handlerTypes,
    ...(codecs.declarations === '' ? [] : [codecs.declarations]),
    `${doc(use)}export const ${client}: ${service}<${interfaces}> = {\n` +
      `  name: '${name}',\n  revision: '${revision}',\n  members: {\n${shapes.join('')}  },\n` +
      `${served.length > 0 ? `  client: {\n${served.join('')}  },\n` : ''}};\n`,
  ].join('\n');
}

/** The handlers of what the server calls. */
function handlersText(
  { name, client = [] }: ContractDescription,
  interfaceName: string,
  imports: ImportList,
): string {
  const handlers = client.map((call) => {
    const parts = memberParts(call);
    const type = (part: MemberPart['part']) =>
      parts.some((one) => one.part === part) ? partTypeName(call.name, part) : undefined;
    const types = [type('input') ?? 'undefined', type('output') ?? 'undefined', type('errors')];
    const handler = generic(imports.type('ClientHandler'), types);
    return `${docComment(call, '  ')}  readonly ${call.name}: ${handler};\n`;
  });
  const about = `What a client of "${name}" answers when the server calls.`;
  return `${docComment({ description: about })}export interface ${interfaceName} {\n${handlers.join('')}}\n`;
}

function method(
  member: MemberDescription,
  { imports, members }: { imports: ImportList; members: readonly MemberDescription[] },
): string {
  const parts = memberParts(member);
  const type = (part: MemberPart['part']) =>
    parts.some((one) => one.part === part) ? partTypeName(member.name, part) : undefined;
  const name = imports.type(methodName(member));
  if (member.kind === 'topic') {
    const snapshot = members.find((one) => one.name === member.snapshot);
    const own = [type('params') ?? 'undefined', type('message'), type('publishInput')];
    if (snapshot === undefined) return generic(name, own);
    // What stands before it has to be spelled out.
    if (member.publish === 'client') own[2] ??= own[1];
    return generic(name, [...own, partTypeName(snapshot.name, 'output')]);
  }
  const directions = member.kind === 'stream' ? [type('up'), type('down')] : [];
  const needsOutput = type('errors') !== undefined || member.kind === 'call' || !member.down;
  const output = type('output') ?? (needsOutput ? 'undefined' : undefined);
  return generic(name, [type('input') ?? 'undefined', ...directions, output, type('errors')]);
}

function methodName(member: MemberDescription): string {
  if (member.kind === 'call') return 'CallMethod';
  if (member.kind === 'topic') {
    return member.publish === 'client' ? 'PublishableTopicMethod' : 'TopicMethod';
  }
  if (member.up === undefined) return 'DownStreamMethod';
  return member.down === undefined ? 'UpStreamMethod' : 'DuplexStreamMethod';
}

function generic(name: string, types: readonly (string | undefined)[]): string {
  return `${name}<${types.filter((type) => type !== undefined).join(', ')}>`;
}

function shape(member: MemberDescription, description: ContractDescription): string {
  switch (member.kind) {
    case 'call':
      return `kind: 'call'${member.idempotent ? ', idempotent: true' : ''}${deadline(member)}`;
    case 'stream': {
      const { up, down, output } = member;
      const has = [`hasUp: ${!!up}`, `hasDown: ${!!down}`, `hasOutput: ${!!output}`];
      return `kind: 'stream', ${has.join(', ')}${deadline(member)}`;
    }
    case 'topic': {
      const names = paramNames(member.params, description).map((name) => JSON.stringify(name));
      const keeps = member.keep ? ', keeps: true' : '';
      const snapshot = member.snapshot ? `, snapshot: '${member.snapshot}'` : '';
      return (
        `kind: 'topic', publish: '${member.publish}', ` +
        `paramNames: [${names.join(', ')}]${keeps}${snapshot}`
      );
    }
  }
}

function deadline({ deadlineMs }: { readonly deadlineMs?: number }): string {
  return deadlineMs === undefined ? '' : `, deadlineMs: ${deadlineMs}`;
}

/** Params are one flat object, perhaps one with a name, or made readonly. */
function paramNames(type: TypeNode | undefined, description: ContractDescription): string[] {
  switch (type?.kind) {
    case 'object':
      return type.properties.map(({ name }) => name).sort();
    case 'ref':
      return paramNames(description.types[type.name]?.type, description);
    default:
      return [];
  }
}
