/**
 * What a server with metrics is given: those for Prometheus, which nobody scrapes meanwhile.
 * @returns {Promise<{ options: object, started: (server: any) => void }>}
 */
export async function withMetrics() {
  const { Metrics } = await import('@trunkline/observe/prometheus');
  const metrics = new Metrics();
  return { options: { observers: [metrics] }, started: (server) => void metrics.watch(server) };
}

/**
 * What a server with traces is given: the SDK of OpenTelemetry, whose exporter drops what it gets.
 * @returns {Promise<{ options: object }>}
 */
export async function withTraces() {
  const { context } = await import('@opentelemetry/api');
  const { AsyncLocalStorageContextManager } = await import('@opentelemetry/context-async-hooks');
  const sdk = await import('@opentelemetry/sdk-trace-base');
  const { traceServer } = await import('@trunkline/observe/opentelemetry');
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const exporter = { export: (_spans, done) => done({ code: 0 }), shutdown: async () => {} };
  const tracerProvider = new sdk.BasicTracerProvider({
    sampler: new sdk.ParentBasedSampler({ root: new sdk.AlwaysOffSampler() }),
    spanProcessors: [new sdk.BatchSpanProcessor(exporter)],
  });
  return { options: { tracer: traceServer({ tracerProvider }) } };
}

/**
 * What a client is given that traces one in so many of its calls, at next to no cost of its own.
 * @param {number} every
 */
export function tracingOne(every) {
  let calls = 0;
  const ids = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331';
  const end = () => {};
  const sampled = { context: { traceParent: `${ids}-01` }, end };
  const unsampled = { context: { traceParent: `${ids}-00` }, end };
  return { tracer: { start: () => (calls++ % every === 0 ? sampled : unsampled) } };
}
