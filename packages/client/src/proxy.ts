import type { ContractShape, MemberShape, TopicShape } from '@trunkline/protocol';
import { createCallMethod } from './calls/calls.js';
import { createStreamMethod } from './streams/streams.js';
import type { TopicPort } from './topics/topic-port.js';
import { createTopicMethod, type TopicParts } from './topics/topics.js';

/** Makes the client of one contract: an object with a method for each member. */
export function createProxy(port: TopicPort, contract: ContractShape): object {
  return Object.freeze(
    Object.fromEntries(
      Object.entries(contract.members).map(([key, member]) => {
        return [key, createMethod(port, `${contract.name}.${key}`, { member, contract })];
      }),
    ),
  );
}

function createMethod(
  port: TopicPort,
  name: string,
  { member, contract }: { member: MemberShape; contract: ContractShape },
): object {
  switch (member.kind) {
    case 'call':
      return createCallMethod(port, name, member);
    case 'stream':
      return createStreamMethod(port, name, member);
    case 'topic':
      return createTopicMethod(port, name, {
        topic: member,
        snapshot: snapshotOf(member, contract),
      });
  }
}

function snapshotOf(topic: TopicShape, { name, members }: ContractShape): TopicParts['snapshot'] {
  const call = topic.snapshot === undefined ? undefined : members[topic.snapshot];
  return call?.kind === 'call' ? { name: `${name}.${topic.snapshot}`, call } : undefined;
}
