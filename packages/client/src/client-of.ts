import type { CallShape, MemberShape, StreamShape, TopicShape } from '@trunkline/protocol';
import type { CallMethod } from './calls/call-method.js';
import type { StreamMethod } from './streams/stream-method.js';
import type { PublishableTopicMethod, TopicMethod } from './topics/topic-method.js';

type Types<Member> = Member extends { readonly '~types'?: infer T } ? NonNullable<T> : never;

type CallMethodOf<Member> =
  Types<Member> extends { input: infer Input; output: infer Output; errors: infer Errors }
    ? CallMethod<Input, Output, Errors>
    : never;

type StreamMethodOf<Member> =
  Types<Member> extends {
    input: infer Input;
    up: infer Up;
    down: infer Down;
    output: infer Output;
    errors: infer Errors;
  }
    ? StreamMethod<Input, Up, Down, Output, Errors>
    : never;

/** What the call gives that a topic names as its snapshot. */
type SnapshotOf<Member, Members> = Member extends { readonly snapshot?: infer Name }
  ? NonNullable<Name> extends infer Known
    ? Known extends keyof Members
      ? Types<Members[Known]> extends { output: infer Output }
        ? Output
        : never
      : never
    : never
  : never;

type TopicMethodOf<Member, Members> =
  Types<Member> extends {
    params: infer Params;
    message: infer Message;
    publishInput: infer PublishInput;
  }
    ? Member extends { readonly publish: 'server' }
      ? TopicMethod<Params, Message, SnapshotOf<Member, Members>>
      : PublishableTopicMethod<Params, Message, PublishInput, SnapshotOf<Member, Members>>
    : never;

type MethodOf<Member, Members> = Member extends { readonly kind: CallShape['kind'] }
  ? CallMethodOf<Member>
  : Member extends { readonly kind: StreamShape['kind'] }
    ? StreamMethodOf<Member>
    : Member extends { readonly kind: TopicShape['kind'] }
      ? TopicMethodOf<Member, Members>
      : never;

/** The client of a contract, inferred from the types that the contract carries. */
export type ClientOf<Contract extends { readonly members: object }> = {
  readonly [Name in keyof Contract['members']]: Contract['members'][Name] extends MemberShape
    ? MethodOf<Contract['members'][Name], Contract['members']>
    : never;
};
