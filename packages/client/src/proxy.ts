import type { ContractShape, MemberShape } from '@trunkline/protocol';
import type { CallPort } from './call-port.js';
import { createCallMethod } from './calls.js';
import { createStreamMethod } from './streams.js';

/** What the methods of a contract's client are made with. */
export type ProxyPort = CallPort;

/** Makes the client of one contract: an object with a method for each member. */
export function createProxy(port: ProxyPort, { name, members }: ContractShape): object {
  return Object.freeze(
    Object.fromEntries(
      Object.entries(members).map(([key, member]) => {
        return [key, createMethod(port, `${name}.${key}`, member)];
      }),
    ),
  );
}

function createMethod(port: ProxyPort, name: string, member: MemberShape): object {
  switch (member.kind) {
    case 'call':
      return createCallMethod(port, name);
    case 'stream':
      return createStreamMethod(port, name, member);
    case 'topic':
      return {};
  }
}
