import type { CallDefinition, ClientCallDefinition } from './definition.js';
import { servedCodec } from './member-codec.js';

/**
 * Turns a call into one that the client answers. It is another object, since the layouts of both
 * are not the same: here the server gives the input and parses the output.
 */
export function asClientCall(call: CallDefinition): ClientCallDefinition {
  const definition = { ...call } as unknown as ClientCallDefinition;
  const get = (): unknown => servedCodec(definition);
  return Object.freeze(Object.defineProperty(definition, 'codec', { get, enumerable: false }));
}
