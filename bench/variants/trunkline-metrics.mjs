import { withMetrics } from '../harness/observing.mjs';
import { trunkline } from '../targets/trunkline.mjs';

/** Ours with metrics on. */
export const target = trunkline({ label: 'Trunkline, metrics', server: withMetrics });
