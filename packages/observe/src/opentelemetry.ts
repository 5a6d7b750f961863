export { traceClient } from './opentelemetry/client-spans.js';
export { ServerMetrics, type ServerMetricsOptions } from './opentelemetry/server-metrics.js';
export { traceServer } from './opentelemetry/server-spans.js';
export type { ServerTraceOptions, TraceOptions } from './opentelemetry/trace-options.js';
