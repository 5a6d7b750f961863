import { tracingOne, withMetrics, withTraces } from '../harness/observing.mjs';
import { trunkline } from '../targets/trunkline.mjs';

/** Ours as it is operated: metrics on, all calls within a trace, of which one in 100 is recorded. */
export const target = trunkline({
  label: 'Trunkline, metrics and 1 % of traces',
  server: async () => {
    const [metrics, traces] = await Promise.all([withMetrics(), withTraces()]);
    return { ...metrics, options: { ...metrics.options, ...traces.options } };
  },
  client: async () => tracingOne(100),
});
