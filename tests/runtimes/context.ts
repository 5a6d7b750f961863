import { connect } from '@trunkline/client';
import { ProbeClient } from '@trunkline/conformance/client';
import { check } from './assertion.js';
import type { Context, Host, ProbeOptions } from './case.js';
import { RigClient } from './generated/rig.client.js';

/** A context that is taken down when its case is over. */
export interface OwnedContext extends Context {
  /** Closes every client and restores the relays. */
  readonly end: () => Promise<void>;
}

const DEFAULTS = { auth: 'let-me-in', reconnect: { minMs: 1, maxMs: 20 } };

/** Makes what a case is given. */
export function createContext(host: Host): OwnedContext {
  const clients: { close(): void }[] = [];
  let isCut = false;
  const own = <Closable extends { close(): void }>(client: Closable): Closable => {
    clients.push(client);
    return client;
  };
  const control = async (action: 'cut' | 'restore'): Promise<void> => {
    isCut = action === 'cut';
    const { ok, status } = await fetch(`${host.controlUrl}/${action}`, { method: 'POST' });
    check(ok, `the control answered "${action}" with HTTP ${status}`);
  };
  return {
    ...host,
    connect: ({ url = host.url, ...options }: ProbeOptions = {}) =>
      own(connect(url, { services: { probe: ProbeClient }, ...DEFAULTS, ...options })),
    connectRig: (options = {}) =>
      own(connect(host.rigUrl, { services: { rig: RigClient }, ...DEFAULTS, ...options })),
    cut: () => control('cut'),
    restore: () => control('restore'),
    newRoom: () => `room-${crypto.randomUUID()}`,
    end: async () => {
      for (const client of clients) client.close();
      if (isCut) await control('restore');
    },
  };
}
