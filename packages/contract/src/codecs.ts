export { callRateOf, type CallRate } from './call-rate.js';
export { codecOf, type Packed, type SchemaCodec, type Unpacked } from './codec.js';
export { deliveryOf, type Delivery } from './delivery.js';
export { layoutHash, type LayoutParts } from './layout-hash.js';
export {
  clientCallCodecs,
  clientCodec,
  procedureCodecs,
  topicCodecs,
  type ClientCallCodecs,
  type ProcedureCodecs,
  type TopicCodecs,
} from './member-codec.js';
export { useCodecs, type GeneratedMember, type GeneratedPart } from './generated-parts.js';
