import type { IncomingMessage, ServerResponse } from 'node:http';
import { Registry } from 'prom-client';
import { ServerTally } from '../tally/server-tally.js';
import { addDurations, addValues } from './pulled-metric.js';

/** Options of metrics. */
export interface MetricsOptions {
  /** Where the metrics are registered; a registry of their own when left out. */
  readonly register?: Registry;
}

/**
 * The metrics of servers for Prometheus: an observer, and what it has counted. `watch` a server to
 * see its gauges too, and serve `handler` under `/metrics`.
 */
export class Metrics extends ServerTally {
  /** Where the metrics are registered. */
  readonly register: Registry;

  constructor({ register = new Registry() }: MetricsOptions = {}) {
    super();
    this.register = register;
    for (const { name, read } of this.values) addValues(register, name, read);
    for (const { name, read } of this.durations) addDurations(register, name, read);
  }

  /** Answers a request for the metrics, whatever its path is: a listener of `node:http`. */
  readonly handler = (_request: IncomingMessage, response: ServerResponse): void => {
    const { register } = this;
    register.metrics().then(
      (text) => void response.writeHead(200, { 'content-type': register.contentType }).end(text),
      () => void response.writeHead(500).end(),
    );
  };
}
