export { METRICS, type MetricName, type MetricRow } from './prometheus/metric-table.js';
export { Metrics, type MetricsOptions } from './prometheus/metrics.js';
