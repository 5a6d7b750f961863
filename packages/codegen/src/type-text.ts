import type { PropertyNode, TypeNode } from '@trunkline/contract';

/** What a doc comment is made from. */
export interface DocWords {
  readonly description?: string;
  readonly deprecated?: string | true;
  readonly since?: string;
}

/** How the text of a type is laid out. */
export interface TypeTextOptions {
  /** What lines after the first begin with. */
  readonly indent?: string;
  /** Whether properties get their doc comments; they do unless this says no. */
  readonly docs?: boolean;
}

interface Layout {
  readonly indent: string;
  readonly docs: boolean;
}

const STEP = '  ';
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/**
 * Writes a type as TypeScript. The text stands for itself anywhere a type may stand, but in front
 * of `[]`, `&` and `?`. Named types are written by their names.
 */
export function typeText(node: TypeNode, options: TypeTextOptions = {}): string {
  return write(node, { indent: options.indent ?? '', docs: options.docs ?? true });
}

/** Writes a doc comment with its line end, or nothing where there is nothing to say. */
export function docComment(words: DocWords, indent = ''): string {
  const lines = words.description?.trim().split(/\r\n?|\n/) ?? [];
  if (words.since !== undefined) lines.push(`@since ${words.since}`);
  if (words.deprecated === true) lines.push('@deprecated');
  if (typeof words.deprecated === 'string') lines.push(`@deprecated ${words.deprecated}`);
  if (lines.length === 0) return '';
  const safe = lines
    .flatMap((line) => line.split('\n'))
    .map((line) => line.trimEnd().replaceAll('*/', '*\\/'));
  if (safe.length === 1) return `${indent}/** ${safe[0]} */\n`;
  return [
    `${indent}/**`,
    ...safe.map((line) => `${indent} * ${line}`.trimEnd()),
    `${indent} */`,
    '',
  ].join('\n');
}

function write(node: TypeNode, layout: Layout): string {
  switch (node.kind) {
    case 'date':
      return 'Date';
    case 'bytes':
      return 'Uint8Array<ArrayBuffer>';
    case 'literal':
      return JSON.stringify(node.value);
    case 'bigintLiteral':
      return `${node.digits}n`;
    case 'template':
      return `\`${node.parts.map((part) => templatePart(part, layout)).join('')}\``;
    case 'object':
      return objectText(node, layout);
    case 'array':
      return node.readonly
        ? `ReadonlyArray<${write(node.items, layout)}>`
        : `${writeTight(node.items, layout)}[]`;
    case 'set':
      return `${node.readonly ? 'ReadonlySet' : 'Set'}<${write(node.items, layout)}>`;
    case 'map':
      return `${node.readonly ? 'ReadonlyMap' : 'Map'}<${pair(node, layout)}>`;
    case 'record':
      return recordText(node, layout);
    case 'tuple':
      return tupleText(node, layout);
    case 'union':
      return node.of.map((one) => write(one, layout)).join(' | ');
    case 'intersection':
      return node.of.map((one) => writeTight(one, layout)).join(' & ');
    case 'readonly':
      return `Readonly<${write(node.of, layout)}>`;
    case 'ref':
      return node.name;
    default:
      return node.kind;
  }
}

/** Puts a type into parentheses where `[]`, `&` or `?` would take only a part of it. */
function writeTight(node: TypeNode, layout: Layout): string {
  const isLoose =
    node.kind === 'union' ||
    node.kind === 'intersection' ||
    (node.kind === 'object' && !restFits(node)) ||
    (node.kind === 'tuple' && node.readonly);
  return isLoose ? `(${write(node, layout)})` : write(node, layout);
}

type Kind<K extends TypeNode['kind']> = Extract<TypeNode, { kind: K }>;

function objectText(node: Kind<'object'>, layout: Layout): string {
  const readonly = node.readonly ? 'readonly ' : '';
  const rest = node.rest && `{ ${readonly}[key: string]: ${write(node.rest, layout)} }`;
  if (node.properties.length === 0) {
    if (rest !== undefined) return rest;
    return node.readonly ? 'Readonly<Record<string, never>>' : 'Record<string, never>';
  }
  const inner = { ...layout, indent: layout.indent + STEP };
  const lines = node.properties.map((one) => propertyText(one, { ...inner, readonly }));
  if (node.rest !== undefined && restFits(node)) {
    lines.push(`${inner.indent}${readonly}[key: string]: ${write(node.rest, inner)};\n`);
  }
  const text = `{\n${lines.join('')}${layout.indent}}`;
  return rest === undefined || restFits(node) ? text : `${text} & ${rest}`;
}

/** An index signature may stand beside properties only where it holds for them too. */
function restFits({ properties, rest }: Kind<'object'>): boolean {
  if (rest === undefined || rest.kind === 'unknown' || properties.length === 0) return true;
  const wanted = JSON.stringify(rest);
  return properties.every(({ type, optional }) => !optional && JSON.stringify(type) === wanted);
}

function propertyText(one: PropertyNode, layout: Layout & { readonly readonly: string }): string {
  const { indent, docs, readonly } = layout;
  const name = IDENTIFIER.test(one.name) ? one.name : JSON.stringify(one.name);
  const mark = one.optional ? '?' : '';
  const comment = docs ? docComment(one, indent) : '';
  return `${comment}${indent}${readonly}${name}${mark}: ${write(one.type, layout)};\n`;
}

function tupleText(node: Kind<'tuple'>, layout: Layout): string {
  const items = node.items.map(({ type, optional }) =>
    optional ? `${writeTight(type, layout)}?` : write(type, layout),
  );
  if (node.rest) items.push(`...${writeTight(node.rest, layout)}[]`);
  return `${node.readonly ? 'readonly ' : ''}[${items.join(', ')}]`;
}

/** `Record<…>` is not written, since an alias may not refer to itself in its arguments. */
function recordText({ key, value, partial }: Kind<'record'>, layout: Layout): string {
  const text = write(value, layout);
  if (key.kind === 'string' && !partial) return `{ [key: string]: ${text} }`;
  return `{ [Key in ${write(key, layout)}]${partial ? '?' : ''}: ${text} }`;
}

function pair({ key, value }: Kind<'map'>, layout: Layout): string {
  return `${write(key, layout)}, ${write(value, layout)}`;
}

function templatePart(part: string | TypeNode, layout: Layout): string {
  return typeof part === 'string'
    ? part.replaceAll(/[\\`]|\$(?=\{)/g, (character) => `\\${character}`)
    : `\${${write(part, layout)}}`;
}
