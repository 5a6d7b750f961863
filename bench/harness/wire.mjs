// The bench speaks to servers through clients; only hostile sessions say themselves what goes over the wire.
export {
  decodeBatch,
  encodeBatch,
  takesNumber,
  Writer,
} from '../../packages/protocol/dist/index.js';
export {
  CLIENT_DECODE_LIMITS,
  FEATURES,
  SUBPROTOCOLS,
} from '../../packages/protocol/dist/index.js';
export { encodePayload } from '../../packages/protocol/dist/superjson.js';
