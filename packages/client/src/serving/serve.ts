import type { ContractShape } from '@trunkline/protocol';
import type { AnyHandler, ClientHandlersOf, ServedCall } from './client-handler.js';
import { ServedHandlers } from './served-calls.js';
import type { Served } from './serving.js';

/** The handlers of a generated client are spelled out, those of a contract inferred. */
type HandlersFor<Contract> = Contract extends { readonly '~handlers'?: infer Handlers }
  ? NonNullable<Handlers>
  : ClientHandlersOf<Contract>;

/**
 * Makes handlers of what the server calls, to be given to `connect` as `handlers`. A call that has
 * no handler fails at the server with `NOT_FOUND`. Throws a TypeError for handlers of what the
 * contract does not have.
 */
export function serve<Contract extends ContractShape>(
  contract: Contract,
  handlers: Partial<HandlersFor<Contract>>,
): Served {
  const { name, client = {} } = contract as ContractShape;
  const known = Object.keys(client);
  for (const call of Object.keys(handlers)) {
    if (known.includes(call)) continue;
    const expected = known.length > 0 ? known.join(', ') : 'nothing, since it calls nothing';
    throw new TypeError(`the server calls no "${name}.${call}": expected ${expected}`);
  }
  const served = new Map<string, ServedCall>();
  for (const [call, shape] of Object.entries(client)) {
    // Methods of a class too.
    const handler = (handlers as Readonly<Record<string, unknown>>)[call];
    if (handler === undefined) continue;
    if (typeof handler !== 'function') {
      throw new TypeError(`the handler of "${name}.${call}" must be a function`);
    }
    served.set(`${name}.${call}`, { handler: handler.bind(handlers) as AnyHandler, shape });
  }
  return { calls: served, start: (calls, options) => new ServedHandlers(calls, options) };
}
