import { encodeAnswer } from './answer-encoder.js';
import type { MessageCodec } from './batch.js';
import { CALLER_MESSAGES } from './caller-decoder.js';
import { placeDecoders, SERVER_MESSAGES } from './message-decoder.js';
import { encodeClientBody } from './message-encoder.js';

/** The messages that a client sends and gets that answers calls as well. */
export const ANSWERING_CODEC: MessageCodec = {
  encodeBody: (writer, message) =>
    message.kind === 'RESULT' || message.kind === 'ERROR'
      ? encodeAnswer(writer, message)
      : encodeClientBody(writer, message),
  decoders: /* @__PURE__ */ placeDecoders([...SERVER_MESSAGES, ...CALLER_MESSAGES]),
};
