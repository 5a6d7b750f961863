import type { MemberDescription, TypeNode } from '@trunkline/contract';
import { pascalCase } from './names.js';

// No word is the end of another one, so that types of different members never have the same name.
const SUFFIXES = {
  input: 'Input',
  up: 'Up',
  down: 'Down',
  output: 'Output',
  errors: 'Errors',
  params: 'Params',
  message: 'Message',
  publishInput: 'Publish',
  context: 'Context',
} as const;

/** A part of a member that has a type of its own in generated code. */
export type PartName = keyof typeof SUFFIXES;

/** A part that a contract has a schema for, and its type as the client sees it. */
export interface MemberPart {
  readonly part: Exclude<PartName, 'context'>;
  readonly type: TypeNode;
}

/** Names the type of a member's part: `PostInput`. */
export function partTypeName(member: string, part: PartName): string {
  return `${pascalCase(member)}${SUFFIXES[part]}`;
}

/** Lists the parts of a member that have a type. */
export function memberParts(member: MemberDescription): MemberPart[] {
  if (member.kind === 'topic') {
    const { params, message, publishInput } = member;
    const isOther = JSON.stringify(publishInput) !== JSON.stringify(message);
    return [
      ...given('params', params),
      ...given('message', message),
      ...given('publishInput', isOther ? publishInput : undefined),
    ];
  }
  const { input, output, errors } = member;
  const { up, down } = member.kind === 'stream' ? member : {};
  return [
    ...given('input', input),
    ...given('up', up),
    ...given('down', down),
    ...given('output', output),
    ...given('errors', errorsType(errors)),
  ];
}

function errorsType(errors: readonly { code: string; data: TypeNode }[]): TypeNode | undefined {
  if (errors.length === 0) return undefined;
  const properties = errors.map(({ code, data, ...doc }) => ({ ...doc, name: code, type: data }));
  return { kind: 'object', properties };
}

function given(part: MemberPart['part'], type: TypeNode | undefined): MemberPart[] {
  return type === undefined ? [] : [{ part, type }];
}
