import type { ContractShape, MemberShape } from '@trunkline/protocol';
import { createCallMethod } from './calls.js';
import { createStreamMethod } from './streams.js';
import type { TopicPort } from './topic-port.js';
import { createTopicMethod } from './topics.js';

/** Makes the client of one contract: an object with a method for each member. */
export function createProxy(port: TopicPort, { name, members }: ContractShape): object {
  return Object.freeze(
    Object.fromEntries(
      Object.entries(members).map(([key, member]) => {
        return [key, createMethod(port, `${name}.${key}`, member)];
      }),
    ),
  );
}

function createMethod(port: TopicPort, name: string, member: MemberShape): object {
  switch (member.kind) {
    case 'call':
      return createCallMethod(port, name, member);
    case 'stream':
      return createStreamMethod(port, name, member);
    case 'topic':
      return createTopicMethod(port, name, member);
  }
}
