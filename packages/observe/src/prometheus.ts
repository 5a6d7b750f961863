export { METRICS, type MetricName, type MetricRow } from './tally/metric-table.js';
export { Metrics, type MetricsOptions } from './prometheus/metrics.js';
