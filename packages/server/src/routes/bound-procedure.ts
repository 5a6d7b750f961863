import { type Schema } from '@trunkline/contract';
import {
  procedureCodecs,
  topicCodecs,
  type ProcedureCodecs,
  type SchemaCodec,
} from '@trunkline/contract/codecs';
import { NO_LAYOUT, type BindMessage, type ProcedureKind } from '@trunkline/protocol';
import { isTopicRoute, kindOf, type Route } from './route.js';

/** A procedure that the client has bound to a number, and the layouts that both sides have. */
export interface BoundProcedure {
  readonly kind: ProcedureKind;
  /** `undefined` when this server has no such procedure. */
  readonly route: Route | undefined;
  /** Reads what the client sends; `undefined` when its layouts are others. */
  readonly sent: Pick<ProcedureCodecs, 'input' | 'up'> | undefined;
  /** Writes what the client receives; `undefined` when its layouts are others. */
  readonly received: Pick<ProcedureCodecs, 'output' | 'down' | 'errors'> | undefined;
  /** Whether the client would pack items that nobody here can read. */
  readonly hasForeignItems: boolean;
  /** Reads what the client publishes; `undefined` when its layout is another. */
  readonly publish: SchemaCodec<Schema> | undefined;
}

/** Binds a procedure as the client asks for it; hashes mean nothing where nothing is packed. */
export function bindProcedure(
  message: BindMessage,
  found: Route | undefined,
  takesPacked: boolean,
): BoundProcedure {
  const { procedureKind: kind, sendHash, receiveHash } = message;
  const route = found !== undefined && kindOf(found) === kind ? found : undefined;
  const bare = {
    kind,
    route,
    sent: undefined,
    received: undefined,
    hasForeignItems: false,
    publish: undefined,
  };
  // Who packs nothing needs no codec to be made.
  const hasHashes = takesPacked && (sendHash !== NO_LAYOUT || receiveHash !== NO_LAYOUT);
  if (route === undefined || !hasHashes) return bare;
  if (isTopicRoute(route)) {
    const { send, publish } = topicCodecs(route.definition);
    return send === sendHash ? { ...bare, publish } : bare;
  }
  const codecs = procedureCodecs(route.definition);
  const isForeign = sendHash !== NO_LAYOUT && codecs.send !== sendHash;
  return {
    ...bare,
    sent: codecs.send === sendHash ? codecs : undefined,
    received: codecs.receive === receiveHash ? codecs : undefined,
    hasForeignItems: isForeign && codecs.up !== undefined,
  };
}
