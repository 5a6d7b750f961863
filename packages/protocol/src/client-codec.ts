import type { MessageCodec } from './batch.js';
import { placeDecoders, SERVER_MESSAGES } from './message-decoder.js';
import { encodeClientBody } from './message-encoder.js';

/** The messages that a client sends and gets. */
export const CLIENT_CODEC: MessageCodec = {
  encodeBody: encodeClientBody,
  decoders: /* @__PURE__ */ placeDecoders(SERVER_MESSAGES),
};
