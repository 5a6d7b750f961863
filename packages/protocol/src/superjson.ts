export { decodePayload, encodePayload } from './payload/payload.js';
