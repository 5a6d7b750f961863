import type { LayoutDocument } from '@trunkline/protocol';
import type { ClientCallDefinition, MemberDefinition } from './definition.js';
import { clientCallCodecs, procedureCodecs, topicCodecs } from './member-codec.js';

/** The layouts of a call or stream, and the hashes of both directions. */
export interface ProcedureLayouts {
  readonly kind: 'procedure';
  /** What the code of each position is made for: a hash, and which parts have a check. */
  readonly keys: Readonly<Record<string, string>>;
  readonly send: string;
  readonly receive: string;
  readonly input?: LayoutDocument;
  readonly up?: LayoutDocument;
  readonly down?: LayoutDocument;
  readonly output?: LayoutDocument;
  /** Of the data of declared errors, by code. */
  readonly errors: Readonly<Record<string, LayoutDocument>>;
}

/** The layouts of a topic, and their hashes. */
export interface TopicLayouts {
  readonly kind: 'topic';
  /** What the code of each position is made for: a hash, and which parts have a check. */
  readonly keys: Readonly<Record<string, string>>;
  readonly send: string;
  readonly receive: string;
  readonly message: LayoutDocument;
  /** What a client's publish carries; missing where clients do not publish. */
  readonly publish?: LayoutDocument;
}

/** The layouts of a call that the client answers: what the server sends is its input. */
export interface ClientCallLayouts extends Omit<ProcedureLayouts, 'kind' | 'up' | 'down'> {
  readonly kind: 'clientCall';
}

/** The layouts of one member. */
export type MemberLayouts = ProcedureLayouts | TopicLayouts;

/** Reads the layouts of the positions of a member. */
export function layoutsOf(member: MemberDefinition): MemberLayouts {
  if (member.kind === 'topic') {
    const { send, receive, message, publish } = topicCodecs(member);
    const keys = { message: message.key, ...(publish && { publish: publish.key }) };
    const layouts = { kind: 'topic', keys, send, receive, message: message.layout } as const;
    return publish === undefined ? layouts : { ...layouts, publish: publish.layout };
  }
  return { kind: 'procedure', ...procedureLayouts(procedureCodecs(member)) };
}

/** Reads the layouts of the positions of a call that the client answers. */
export function clientCallLayouts(definition: ClientCallDefinition): ClientCallLayouts {
  return { kind: 'clientCall', ...procedureLayouts(clientCallCodecs(definition)) };
}

function procedureLayouts(
  codecs: ReturnType<typeof clientCallCodecs>,
): Omit<ProcedureLayouts, 'kind'> {
  const { send, receive, errors, ...positions } = codecs;
  const layouts = Object.entries(positions).flatMap(([name, codec]) =>
    codec === undefined ? [] : [[name, codec.layout] as const],
  );
  const keys = [...Object.entries(positions), ...Object.entries(errors)].flatMap(([name, codec]) =>
    codec === undefined ? [] : [[name, codec.key] as const],
  );
  const data = Object.entries(errors).map(([code, { layout }]) => [code, layout] as const);
  return {
    keys: Object.fromEntries(keys),
    send,
    receive,
    ...Object.fromEntries(layouts),
    errors: Object.fromEntries(data),
  };
}
