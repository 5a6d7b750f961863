import type { ContractDescription, MemberDescription } from '@trunkline/contract';
import { ImportList } from './import-list.js';
import { MemberCodecText } from './member-codec-text.js';
import { memberParts, partTypeName, type PartName } from './member-part.js';
import { isIdentifier, pascalCase } from './names.js';
import { docComment } from './type-text.js';

/** Where a server file takes its contract from. */
export interface ContractImport {
  /** Module specifier. */
  readonly from: string;
  /** Name under which the module exports the contract. */
  readonly exportName: string;
}

interface ServerFile {
  readonly description: ContractDescription;
  readonly prefix: string;
  /** Name of the contract in the file. */
  readonly contract: string;
  readonly imports: ImportList;
}

// What the handler is given, and gives: the other side of what the client sees.
const PART_TYPES: Readonly<Record<Exclude<PartName, 'errors'>, string>> = {
  input: 'HandlerInput',
  up: 'HandlerUp',
  down: 'HandlerDown',
  output: 'HandlerOutput',
  context: 'HandlerContext',
  params: 'TopicParams',
  message: 'TopicMessageInput',
  publishInput: 'TopicMessageInput',
};

/**
 * Writes the server side of a contract: decorators, handlers, publishers, types and codecs.
 * Types are taken from the contract itself, so that its fields are what the compiler talks about.
 */
export function emitServer(description: ContractDescription, source: ContractImport): string {
  const prefix = pascalCase(description.name);
  const exported = description.members.flatMap((member) =>
    typeParts(member).map((part) => partTypeName(member.name, part)),
  );
  const calls = (description.client ?? []).flatMap((call) =>
    clientCallParts(call).map((part) => partTypeName(call.name, part)),
  );
  const own = new Set([...exported, ...calls, 'Members', 'Publishers']);
  for (const suffix of ['Service', 'Handlers', 'Topics']) own.add(prefix + suffix);
  if (calls.length > 0 || description.client) {
    for (const name of ['ClientMembers', 'Callers', `${prefix}ClientCalls`]) own.add(name);
  }
  const contract = localName(source.exportName, description.name, own);
  const file = {
    description,
    prefix,
    contract,
    imports: new ImportList('@trunkline/server', new Set([...own, contract])),
  };
  const body = [
    serviceText(file),
    handlersText(file),
    topicsText(file),
    clientCallsText(file),
    typesText(file),
    clientTypesText(file),
    codecsText(file),
  ];
  return [file.imports.text + importContract(source, contract), ...body].join('\n');
}

function localName(exportName: string, name: string, own: ReadonlySet<string>): string {
  const isFree = isIdentifier(exportName) && !own.has(exportName);
  if (isFree) return exportName;
  const camel = pascalCase(name);
  return `${camel.charAt(0).toLowerCase()}${camel.slice(1)}Contract`;
}

function importContract({ from, exportName }: ContractImport, local: string): string {
  const specifier = JSON.stringify(from);
  if (exportName === 'default') return `import ${local} from ${specifier};\n`;
  if (exportName === local) return `import { ${local} } from ${specifier};\n`;
  const name = isIdentifier(exportName) ? exportName : JSON.stringify(exportName);
  return `import { ${name} as ${local} } from ${specifier};\n`;
}

function serviceText({ description, prefix, contract, imports }: ServerFile): string {
  const type = imports.type('ServiceDecorators');
  const make = imports.value('serviceDecorators');
  const example = description.members.find(({ kind }) => kind !== 'topic');
  const more = example ? `, \`@${prefix}Service.${example.name}()\` for a method` : '';
  const about = `Decorators of "${description.name}": \`@${prefix}Service()\` for a class${more}.`;
  return [
    `type Members = (typeof ${contract})['members'];\n`,
    `${docComment({ ...description, description: about })}` +
      `export const ${prefix}Service: ${type}<typeof ${contract}> = ${make}(${contract});\n`,
  ].join('\n');
}

function handlersText({ description, prefix, imports }: ServerFile): string {
  const procedures = description.members.filter(({ kind }) => kind !== 'topic');
  const about =
    description.description ?? `A method for each call and stream of "${description.name}".`;
  const doc = docComment({ ...description, description: about });
  if (procedures.length === 0) {
    return `${doc}export type ${prefix}Handlers = Record<never, never>;\n`;
  }
  const handler = imports.type('Handler');
  const methods = procedures.map(
    (member) =>
      `${docComment(member, '  ')}  ${member.name}: ${handler}<Members['${member.name}']>;\n`,
  );
  return `${doc}export interface ${prefix}Handlers {\n${methods.join('')}}\n`;
}

function topicsText({ description, prefix, contract, imports }: ServerFile): string {
  const topics = description.members.filter(({ kind }) => kind === 'topic');
  if (topics.length === 0) return '';
  const publishers = `${imports.type('Topics')}<typeof ${contract}>`;
  const fields = topics.map(
    (topic) =>
      `${docComment(topic, '  ')}  declare readonly ${topic.name}: ${publishers}['${topic.name}'];\n`,
  );
  const about = `Publishers of the topics of "${description.name}": \`new ${prefix}Topics(broker)\`.`;
  // Typed, so that declarations of the file name the contract and do not spell out its schemas.
  return [
    `const Publishers: ${imports.type('TopicsClass')}<${publishers}> = ` +
      `${imports.value('TopicsOf')}(${contract});\n`,
    `${docComment({ ...description, description: about })}` +
      `export class ${prefix}Topics extends Publishers {\n${fields.join('')}}\n`,
  ].join('\n');
}

function clientCallsText({ description, prefix, contract, imports }: ServerFile): string {
  const { name, client = [] } = description;
  if (client.length === 0) return '';
  const callers = `${imports.type('ClientCalls')}<typeof ${contract}>`;
  const fields = client.map(
    (call) =>
      `${docComment(call, '  ')}  declare readonly ${call.name}: ${callers}['${call.name}'];\n`,
  );
  const about = `What clients of "${name}" answer: \`new ${prefix}ClientCalls(context.session)\`.`;
  return [
    `const Callers: ${imports.type('ClientCallsClass')}<${callers}> = ` +
      `${imports.value('ClientCallsOf')}(${contract});\n`,
    `${docComment({ ...description, description: about })}` +
      `export class ${prefix}ClientCalls extends Callers {\n${fields.join('')}}\n`,
  ].join('\n');
}

/** What the server gives to its clients' handlers, and gets of them. */
function clientTypesText({ description, contract, imports }: ServerFile): string {
  const { client = [] } = description;
  const types = client.flatMap((call) =>
    clientCallParts(call).map((part) => {
      const helper = imports.type(part === 'input' ? 'ClientCallInput' : 'ClientCallOutput');
      const type = `${helper}<ClientMembers['${call.name}']>`;
      return `export type ${partTypeName(call.name, part)} = ${type};\n`;
    }),
  );
  if (types.length === 0) return '';
  return `type ClientMembers = NonNullable<(typeof ${contract})['client']>;\n\n${types.join('')}`;
}

function clientCallParts(call: MemberDescription): ('input' | 'output')[] {
  const parts = memberParts(call).map(({ part }) => part);
  return (['input', 'output'] as const).filter((part) => parts.includes(part));
}

function typesText({ description, imports }: ServerFile): string {
  return description.members
    .flatMap((member) =>
      typeParts(member).map((part) => {
        const helper = imports.type(PART_TYPES[part]);
        const name = partTypeName(member.name, part);
        return `export type ${name} = ${helper}<Members['${member.name}']>;\n`;
      }),
    )
    .join('');
}

/** The codecs of all members, which the contract is given where the file is loaded. */
function codecsText({ description, contract, imports }: ServerFile): string {
  const codecs = new MemberCodecText(imports, [contract]);
  const all = [...description.members, ...(description.client ?? [])];
  const members = all.flatMap(({ name }) => {
    const layouts = description.layouts[name];
    const codec = layouts && codecs.server(name, layouts);
    return codec === undefined ? [] : [`${name}: ${codec},\n`];
  });
  if (members.length === 0) return '';
  const call = `${imports.value('useCodecs')}(${contract}, {\n${members.join('')}});\n`;
  return [codecs.declarations, call].filter((text) => text !== '').join('\n');
}

/** Publishing takes the same type whoever publishes, so it has one name on this side. */
function typeParts(member: MemberDescription): Exclude<PartName, 'errors'>[] {
  const parts = memberParts(member)
    .map(({ part }) => part)
    .filter((part) => part !== 'errors' && part !== 'publishInput');
  return member.kind === 'topic' ? parts : [...parts, 'context'];
}
