import type { Layout, LayoutDocument, PropertyLayout } from '@trunkline/protocol';
import type { MemberDefinition } from './definition.js';
import { layoutHash } from './layout-hash.js';
import { layoutOf } from './layout.js';
import type { Schema } from './schema/schema.js';

/** The layouts of a call or stream, and the hashes of both directions. */
export interface ProcedureLayouts {
  readonly kind: 'procedure';
  readonly send: string;
  readonly receive: string;
  readonly input?: LayoutDocument;
  readonly up?: LayoutDocument;
  readonly down?: LayoutDocument;
  readonly output?: LayoutDocument;
  readonly errors?: Readonly<Record<string, LayoutDocument>>;
}

/** The layouts of a topic, and their hashes. */
export interface TopicLayouts {
  readonly kind: 'topic';
  readonly receive: string;
  readonly message: LayoutDocument;
  readonly send?: string;
  readonly publish?: LayoutDocument;
}

/** The layouts of one member. */
export type MemberLayouts = ProcedureLayouts | TopicLayouts;

/** Reads the layouts of the positions of a member. */
export function layoutsOf(member: MemberDefinition): MemberLayouts {
  return member.kind === 'topic' ? topicLayouts(member) : procedureLayouts(member);
}

function procedureLayouts(member: Exclude<MemberDefinition, { kind: 'topic' }>): ProcedureLayouts {
  const read = (schema: Schema | undefined, side: 'input' | 'output') =>
    schema && layoutOf(schema, side).layout;
  const input = read(member.input, 'input');
  const output = read(member.output, 'output');
  const codes = Object.entries(member.errors);
  const errors =
    codes.length === 0
      ? undefined
      : Object.fromEntries(codes.map(([code, data]) => [code, layoutOf(data, 'output').layout]));
  const sent = [input ?? null];
  const received = [output ?? null, errors ?? null];
  const parts = { ...(input && { input }), ...(output && { output }), ...(errors && { errors }) };
  if (member.kind === 'call') {
    return { kind: 'procedure', send: layoutHash(sent), receive: layoutHash(received), ...parts };
  }
  const up = read(member.up, 'input');
  const down = read(member.down, 'output');
  return {
    kind: 'procedure',
    send: layoutHash([...sent, up ?? null]),
    receive: layoutHash([...received, down ?? null]),
    ...parts,
    ...(up && { up }),
    ...(down && { down }),
  };
}

function topicLayouts(member: Extract<MemberDefinition, { kind: 'topic' }>): TopicLayouts {
  const message = layoutOf(member.message, 'output').layout;
  const layouts = { kind: 'topic', receive: layoutHash([message]), message } as const;
  if (member.publish !== 'client') return layouts;
  const publish = publishLayout(member);
  return { ...layouts, send: layoutHash([publish]), publish };
}

function publishLayout({
  params,
  message,
}: Extract<MemberDefinition, { kind: 'topic' }>): LayoutDocument {
  const properties: PropertyLayout[] = [];
  const types: Layout[] = [];
  for (const [name, schema] of [
    ['params', params],
    ['message', message],
  ] as const) {
    if (schema === undefined) continue;
    const { layout } = layoutOf(schema, 'input');
    const shift = types.length;
    properties.push({ name, of: shifted(layout.root, shift) });
    types.push(...layout.types.map((type) => shifted(type, shift)));
  }
  return { root: { kind: 'object', properties }, types };
}

/** Moves the types that a layout refers to. */
function shifted(layout: Layout, by: number): Layout {
  if (by === 0) return layout;
  return JSON.parse(JSON.stringify(layout), (_key, part: Layout | null) =>
    typeof part === 'object' && part?.kind === 'ref' ? { kind: 'ref', to: part.to + by } : part,
  ) as Layout;
}
