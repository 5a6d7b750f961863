import type { PublishBy } from '@trunkline/protocol';
import type { CallRate } from './call-rate.js';
import type { Keep, MemberDoc, ProcedureLimits } from './definition.js';
import type { ClientCallLayouts, MemberLayouts } from './member-layouts.js';
import type { Doc, NamedType, TypeNode } from './type/type-node.js';

/** The data of a declared error, as the client gets it. */
export interface ErrorDescription extends Doc {
  readonly code: string;
  readonly data: TypeNode;
}

/** What calling a procedure, or publishing on a topic, takes. */
export interface PriceDescription {
  /** How often each caller may; missing for as often as they like. */
  readonly rate?: CallRate;
  /** How many calls it counts as; missing for 1. */
  readonly cost?: number;
}

/** A call as plain data. Types are the client's: what it gives, and what it gets. */
export interface CallDescription extends MemberDoc, ProcedureLimits, PriceDescription {
  readonly kind: 'call';
  readonly name: string;
  readonly idempotent: boolean;
  /** What the client gives; missing where the call has no input. */
  readonly input?: TypeNode;
  /** What the client gets; missing where the call has no output. */
  readonly output?: TypeNode;
  /** Sorted by code. */
  readonly errors: readonly ErrorDescription[];
}

/** A stream as plain data. Types are the client's: what it gives, and what it gets. */
export interface StreamDescription extends MemberDoc, ProcedureLimits, PriceDescription {
  readonly kind: 'stream';
  readonly name: string;
  readonly input?: TypeNode;
  /** Items that the client gives. */
  readonly up?: TypeNode;
  /** Items that the client gets. */
  readonly down?: TypeNode;
  readonly output?: TypeNode;
  /** Sorted by code. */
  readonly errors: readonly ErrorDescription[];
}

/** A topic as plain data. Types are the client's: what it gives, and what it gets. */
export interface TopicDescription extends MemberDoc, PriceDescription {
  readonly kind: 'topic';
  readonly name: string;
  readonly publish: PublishBy;
  readonly public: boolean;
  readonly keep?: Keep;
  /** Missing where every message is delivered; no fields mean one key for all messages. */
  readonly delivery?: { readonly latest: readonly string[]; readonly maxPerSecond?: number };
  /** What a slow subscriber gets; missing for the default: a gap, or the newest with `delivery`. */
  readonly slow?: 'gap' | 'close' | { readonly conflate: readonly string[] };
  /** Name of the call that gives what the messages change. */
  readonly snapshot?: string;
  /** What the client gives; missing where the topic has no params. */
  readonly params?: TypeNode;
  /** What a subscriber gets. */
  readonly message: TypeNode;
  /** What a client gives to publish; missing where only the server publishes. */
  readonly publishInput?: TypeNode;
}

/** A procedure or topic as plain data. */
export type MemberDescription = CallDescription | StreamDescription | TopicDescription;

/** A contract as plain data that survives JSON: what generated code and documents are made of. */
export interface ContractDescription extends MemberDoc {
  readonly name: string;
  /** 16 hexadecimal digits over all that a peer can see of the contract. */
  readonly revision: string;
  /** In the order of the contract. */
  readonly members: readonly MemberDescription[];
  /** What the server calls and the client answers; missing where there is nothing. */
  readonly client?: readonly CallDescription[];
  /** What the `ref` nodes mean, by name. */
  readonly types: Readonly<Record<string, NamedType>>;
  /** What the packed values of all of these consist of, by name. */
  readonly layouts: Readonly<Record<string, MemberLayouts | ClientCallLayouts>>;
}
