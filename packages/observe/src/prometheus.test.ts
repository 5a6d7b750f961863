import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { METRICS, Metrics } from './prometheus.js';

describe('the metrics of a server', () => {
  it('have the types, labels and help of the table, and no others', async () => {
    const metrics = new Metrics();
    const found = await metrics.register.getMetricsAsJSON();
    expect(found.map(({ name }) => name).toSorted()).toEqual(Object.keys(METRICS).toSorted());
    for (const { name, type, help } of found) {
      expect({ name, type: String(type), help }).toMatchObject({
        name,
        type: METRICS[name as keyof typeof METRICS].type,
        help: METRICS[name as keyof typeof METRICS].help,
      });
    }
  });

  it('keep the number of series small, whatever a peer makes up', async () => {
    const metrics = new Metrics();
    const connection = { number: 1, remoteAddress: '10.0.0.1', origin: undefined };
    for (let code = 3000; code < 5000; code++) {
      const closed = { connection, session: undefined, code, reason: `${code}`, ms: 1 };
      metrics.connectionClosed({ ...closed, by: 'peer' });
    }
    const lines = (await metrics.register.metrics()).split('\n');
    const closed = lines.filter((line) => line.startsWith('trunkline_connections_closed_total'));
    expect(closed.length).toBeLessThan(20);
  });

  it('have all outcomes of a resume from the beginning, so that the first loss is a rise', async () => {
    const metrics = new Metrics();
    const page = await metrics.register.metrics();
    for (const outcome of ['resumed', 'unknown', 'expired', 'revoked']) {
      expect(page).toContain(`trunkline_resumes_total{outcome="${outcome}"} 0\n`);
    }
  });

  it('come in a registry that holds others too', async () => {
    const register = new Registry();
    const metrics = new Metrics({ register });
    expect(metrics.register).toBe(register);
    expect(() => new Metrics({ register })).toThrow('already been registered');
  });

  it('are served to whoever scrapes', async () => {
    const metrics = new Metrics();
    metrics.sessionOpened();
    const http = createHttpServer(metrics.handler);
    await new Promise<void>((resolve) => void http.listen(0, '127.0.0.1', resolve));
    const { port } = http.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await response.text()).toContain('trunkline_sessions_opened_total 1\n');
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
});
