import { connect } from '@trunkline/client';
import { ProbeClient } from '@trunkline/conformance/client';
import { check } from './assertion.js';
import type { Context, Host, Probe, ProbeOptions } from './case.js';

/** A context that is taken down when its case is over. */
export interface OwnedContext extends Context {
  /** Closes every client and restores the relay. */
  readonly end: () => Promise<void>;
}

/** Makes what a case is given. */
export function createContext(host: Host): OwnedContext {
  const clients: Probe[] = [];
  let isCut = false;
  const control = async (action: 'cut' | 'restore'): Promise<void> => {
    isCut = action === 'cut';
    const { ok, status } = await fetch(`${host.controlUrl}/${action}`, { method: 'POST' });
    check(ok, `the control answered "${action}" with HTTP ${status}`);
  };
  return {
    ...host,
    connect: ({ url = host.url, ...options }: ProbeOptions = {}) => {
      const client = connect(url, {
        services: { probe: ProbeClient },
        auth: 'let-me-in',
        reconnect: { minMs: 1, maxMs: 20 },
        ...options,
      });
      clients.push(client);
      return client;
    },
    cut: () => control('cut'),
    restore: () => control('restore'),
    newRoom: () => `room-${crypto.randomUUID()}`,
    end: async () => {
      for (const client of clients) client.close();
      if (isCut) await control('restore');
    },
  };
}
