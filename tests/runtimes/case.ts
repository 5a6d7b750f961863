import type { Client, ClientOptions } from '@trunkline/client';
import type { ProbeClient } from '@trunkline/conformance/client';
import type { RigClient } from './generated/rig.client.js';

/** Where a suite finds what it talks to. It travels to the runtimes as JSON. */
export interface Host {
  /** A server of the contract `probe`, over a relay that can be cut. */
  readonly url: string;
  /** The same server, without the relay. */
  readonly directUrl: string;
  /** A server of the contract `rig`, over a relay that can be cut. */
  readonly rigUrl: string;
  /** Nobody listens there. */
  readonly goneUrl: string;
  /** Upgrades there are answered in strange ways; `StrangeWay` is the path. */
  readonly strangeUrl: string;
  /** Takes `POST /cut` and `POST /restore`, which cut and restore the relays. */
  readonly controlUrl: string;
}

/** What a server may do to an upgrade that ours never does. */
export type StrangeWay =
  | 'no-answer'
  | 'not-found'
  /** Which subprotocol is chosen. */
  | 'no-name'
  | 'other-name'
  | 'other-version'
  /** What follows a good answer. */
  | 'silent'
  | 'text'
  | 'garbage';

/** A client as the suite uses it. */
export type Probe = Client<{ probe: typeof ProbeClient }>;

/** A client of what can be moved. */
export type Rig = Client<{ rig: typeof RigClient }>;

/** What may be said of a client of the suite. */
export interface ProbeOptions extends Omit<ClientOptions, 'services' | 'contracts'> {
  /** The address over the relay unless given. */
  readonly url?: string;
}

/** What one case is given. */
export interface Context extends Host {
  /** Connects a client, which is closed when the case is over. */
  readonly connect: (options?: ProbeOptions) => Probe;
  /** Connects a client to what can be moved, which is closed when the case is over. */
  readonly connectRig: (options?: Omit<ProbeOptions, 'url'>) => Rig;
  /** Ends all connections over the relays by RST; they take none until `restore`. */
  readonly cut: () => Promise<void>;
  readonly restore: () => Promise<void>;
  /** Gives the name of a room that nobody else is in. */
  readonly newRoom: () => string;
}

/** One fact about the client that holds wherever it runs. */
export interface Case {
  readonly name: string;
  readonly run: (context: Context) => Promise<void>;
}

/** How a case went. */
export interface CaseResult {
  readonly name: string;
  readonly ok: boolean;
  readonly error?: string;
  readonly ms: number;
}
