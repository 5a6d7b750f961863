import { MemoryNetwork, VirtualRuntime } from '@trunkline/protocol/testing';
import { createTopics, type Topics } from '@trunkline/server';
import type { CallRecord } from './call-record.js';
import { Chance } from './chance.js';
import { FIRST } from './contracts.js';
import type { Key } from './once-work.js';
import { RecordingBroker } from './recording-broker.js';
import { SimClient } from './sim-client.js';
import { SimServer } from './sim-server.js';
import { Trace } from './trace.js';
import { traceWire } from './wire-trace.js';
import { Weather } from './weather.js';

/** Longer than anything that goes wrong lasts, so that no session expires. */
const LONG_MS = 120_000;

/** Everything of one run: time, chance, network, broker, server, clients, and what happened. */
export class World {
  readonly chance: Chance;
  readonly runtime: VirtualRuntime;
  readonly network: MemoryNetwork;
  readonly trace: Trace;
  readonly weather: Weather;
  readonly broker: RecordingBroker;
  /** Publishes for the application. */
  readonly topics: Topics<typeof FIRST>;
  readonly server: SimServer;
  readonly clients: SimClient[] = [];
  /** Clients that were closed and replaced. */
  readonly retired: SimClient[] = [];
  readonly records = new Map<string, CallRecord>();
  /** What published messages are about, by their ids. */
  readonly slots = new Map<string, number>();
  readonly keys = new Map<string, Key>();
  /** Waits for a topic message that was published; nobody may wait for ever. */
  waiting = 0;
  /** Handlers that run, on all servers there were. */
  running = 0;
  /** How long a session outlives its connection. */
  readonly detachedMs: number;
  /** The longest pause of the broker, for this run. */
  readonly brokerMs: number;
  /** Whether the run is at its end: nothing goes wrong any more. */
  isSettling = false;
  #ids = 0;

  constructor(
    readonly seed: number,
    tracesWire = false,
  ) {
    this.chance = new Chance(seed);
    this.runtime = new VirtualRuntime(seed);
    this.network = new MemoryNetwork(this.runtime);
    this.trace = new Trace(() => this.runtime.now());
    if (tracesWire) traceWire(this.network, this.trace);
    this.weather = new Weather(this);
    this.brokerMs = this.chance.weigh([
      [3, 0],
      [1, 3],
      [1, 60],
    ]);
    this.detachedMs = this.chance.weigh([
      [3, LONG_MS],
      [1, 3_000],
      [1, 20],
    ]);
    const isForgetful = this.chance.is(0.15);
    this.broker = new RecordingBroker(this, isForgetful ? { idleTopics: 1, keptTopics: 2 } : {});
    this.topics = createTopics(FIRST, this.broker, { runtime: this.runtime });
    this.server = new SimServer(this);
    for (let index = this.chance.int(2, 4); index > 0; index--) this.addClient();
  }

  now(): number {
    return this.runtime.now();
  }

  /** Gives an id that nothing else in this run has. */
  nextId(prefix: string): string {
    return `~${prefix}${++this.#ids}~`;
  }

  /** The record of a call that a handler was told of. */
  record(id: string): CallRecord {
    const record = this.records.get(id);
    if (record === undefined) throw new Error(`a handler was given the unknown id "${id}"`);
    return record;
  }

  /** Adds a client that connects by itself. */
  addClient(): void {
    this.clients.push(new SimClient(this));
  }

  isCalmSince(time: number): boolean {
    return this.weather.isCalmSince(time);
  }

  get mostDelayMs(): number {
    return this.weather.mostDelayMs;
  }

  /** Resolves after so long, or rejects when the signal fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      const aborted = (): void => {
        timer.cancel();
        reject(signal?.reason);
      };
      const timer = this.runtime.startTimer(ms, () => {
        signal?.removeEventListener('abort', aborted);
        resolve();
      });
      signal?.addEventListener('abort', aborted, { once: true });
    });
  }
}
