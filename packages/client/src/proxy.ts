import type { ContractShape } from '@trunkline/protocol';
import type { CallPort } from './call-port.js';
import { createCallMethod } from './calls.js';

/** What the methods of a contract's client are made with. */
export type ProxyPort = CallPort;

/** Makes the client of one contract: an object with a method for each member. */
export function createProxy(port: ProxyPort, { name, members }: ContractShape): object {
  return Object.freeze(
    Object.fromEntries(
      Object.keys(members).map((key) => {
        const path = `${name}.${key}`;
        return [key, createCallMethod(port, path)];
      }),
    ),
  );
}
