import type { MemoryConnection } from '@trunkline/protocol/testing';
import type { World } from './world.js';

const BOTH = ['client', 'server'] as const;
/** After so long everybody has noticed that a connection is half open. */
const HALF_OPEN_MS = 45_000;
/** Connections that are older than these are long closed. */
const RECENT = 8;

/** What the network does to those who use it. */
export class Weather {
  /** When anything last became other than it should be; `Infinity` while something still is. */
  #disturbedAt = 0;
  #held = 0;
  readonly #heals = new Set<() => void>();
  readonly #world: World;
  #delay: readonly [number, number] = [0, 0];
  /** The longest delay that ever held. */
  mostDelayMs = 0;

  constructor(world: World) {
    this.#world = world;
    world.network.delayMs = () => {
      const [least, most] = this.#delay;
      return most === 0 ? 0 : world.chance.int(least, most);
    };
    this.#setDelay(world.chance.pick(DELAYS));
    this.#spoilOpenings();
  }

  /** Whether nothing was held back, cut or closed since then. */
  isCalmSince(time: number): boolean {
    return this.#heals.size === 0 && this.#held === 0 && this.#disturbedAt < time;
  }

  /** Something was cut or closed. */
  disturb(forMs = 0): void {
    this.#disturbedAt = Math.max(this.#disturbedAt, this.#world.now() + forMs);
  }

  /** Does one thing to the network. */
  turn(): void {
    const { chance } = this.#world;
    this.disturb();
    chance.weigh<() => void>([
      [6, () => this.#cut()],
      [4, () => this.#cutOneEnd()],
      [4, () => this.#hold()],
      [0.7, () => this.#goDown()],
      [2, () => this.#setDelay(chance.pick(DELAYS))],
    ])();
  }

  /** Ends all that is wrong; what is half open stays so until those at its ends notice. */
  heal(): void {
    for (const heal of this.#heals) heal();
    this.#setDelay([0, 5]);
    this.disturb();
  }

  /** Some connections are cut while their ends still greet each other, or are about to. */
  #spoilOpenings(): void {
    const { chance, network } = this.#world;
    const listen = network.listen.bind(network);
    network.listen = (accept, spoken) =>
      listen((transport, subprotocol) => {
        if (!this.#world.isSettling && chance.is(0.15)) this.#spoil(network.latest);
        return accept(transport, subprotocol);
      }, spoken);
  }

  #spoil(connection: MemoryConnection): void {
    const { chance } = this.#world;
    const afterMs = chance.int(0, this.#delay[1] * 3 + 5);
    chance.weigh([
      [1, () => this.#until(afterMs, () => connection.cut())],
      [1, () => this.#until(afterMs, () => connection.cut('client'))],
      // What the client has written here arrives when it may long be somewhere else.
      [2, () => this.#delayGreeting(connection, afterMs)],
    ])();
  }

  #delayGreeting(connection: MemoryConnection, afterMs: number): void {
    connection.hold('client');
    this.#until(afterMs, () => connection.cut('client'));
    this.#until(afterMs + this.#world.chance.int(0, 3_000), () => connection.release('client'));
  }

  #setDelay(delay: readonly [number, number]): void {
    this.#delay = delay;
    this.mostDelayMs = Math.max(this.mostDelayMs, delay[1]);
    this.#world.trace.note(`delay ${delay.join(' to ')} ms`);
  }

  #connection(): MemoryConnection | undefined {
    const recent = this.#world.network.connections.slice(-RECENT);
    return recent.length === 0 ? undefined : this.#world.chance.pick(recent);
  }

  #cut(): void {
    this.#world.trace.note('cut');
    this.#connection()?.cut();
  }

  #cutOneEnd(): void {
    const { chance, trace } = this.#world;
    const side = chance.pick(BOTH);
    const connection = this.#connection();
    trace.note(`cut the end of the ${side}`);
    connection?.cut(side);
    // The other end learns of it soon, late, or by its own heartbeat.
    if (chance.is(0.6)) this.#until(chance.int(1, 9_000), () => connection?.cut());
    else this.disturb(HALF_OPEN_MS);
  }

  #hold(): void {
    const { chance, trace } = this.#world;
    const connection = this.#connection();
    if (connection === undefined) return;
    const sides = chance.is(0.4) ? BOTH : [chance.pick(BOTH)];
    trace.note(`hold what the ${sides.join(' and ')} writes`);
    for (const side of sides) connection.hold(side);
    const ms = chance.weigh([
      [5, chance.int(1, 300)],
      [3, chance.int(300, 6_000)],
      [1, chance.int(6_000, 60_000)],
    ]);
    this.#held++;
    this.#until(ms, () => {
      this.#held--;
      if (chance.is(0.2)) connection.cut();
      for (const side of sides) connection.release(side);
    });
  }

  #goDown(): void {
    const { network, trace, chance } = this.#world;
    trace.note('down');
    network.isDown = true;
    if (chance.is(0.5))
      for (const connection of network.connections.slice(-RECENT)) connection.cut();
    this.#until(chance.int(1, 3_000), () => {
      network.isDown = false;
    });
  }

  #until(ms: number, heal: () => void): void {
    const end = (): void => {
      timer.cancel();
      this.#heals.delete(end);
      this.disturb();
      this.#world.trace.note('heal');
      heal();
    };
    const timer = this.#world.runtime.startTimer(ms, end);
    this.#heals.add(end);
  }
}

const DELAYS: readonly (readonly [number, number])[] = [
  [0, 0],
  [0, 0],
  [0, 3],
  [1, 20],
  [20, 100],
  [0, 400],
];
