import { tracingOne, withTraces } from '../harness/observing.mjs';
import { trunkline } from '../targets/trunkline.mjs';

/** Ours with traces on, each call recorded. */
export const target = trunkline({
  label: 'Trunkline, every call traced',
  server: withTraces,
  client: async () => tracingOne(1),
});
