import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const STOP_LIMIT_MS = 3000;
const KEPT_STDERR = 2000;

/** @type {Set<BenchProcess>} */
const running = new Set();

/** Kills every process that was started here and has not ended. Safe in an `exit` listener. */
export function killAll() {
  for (const child of running) child.kill();
}

/**
 * One process of a figure, its server or its load, spoken to by messages.
 *
 * It has failed when it says so, ends by itself, or misses the time limit of a `next`.
 */
export class BenchProcess {
  #role;
  #child;
  #ended;
  #stderr = '';
  #failure = null;
  #waiters = new Set();
  #forwards = new Map();
  #isStopping = false;

  /**
   * @param {'server' | 'load'} role names the script that is run
   * @param {readonly string[]} args
   * @param {number | null} cpu the CPU to pin it to
   */
  constructor(role, args, cpu) {
    const script = fileURLToPath(new URL(`${role}-process.mjs`, import.meta.url));
    const command = [process.execPath, script, ...args];
    const [file, ...rest] = cpu === null ? command : ['taskset', '-c', String(cpu), ...command];
    this.#role = role;
    this.#child = spawn(file, rest, {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, NODE_ENV: 'production' },
    });
    running.add(this);
    this.#child.stderr.setEncoding('utf8');
    this.#child.stderr.on('data', (text) => {
      this.#stderr = (this.#stderr + text).slice(-KEPT_STDERR);
    });
    this.#child.on('message', (message) => this.#receive(message));
    this.#ended = new Promise((resolve) => {
      const onEnd = (reason) => {
        running.delete(this);
        this.#fail(`${reason}\n${this.#stderr}`.trim());
        resolve();
      };
      this.#child.on('error', (error) => onEnd(error.message));
      this.#child.on('close', (code, signal) => onEnd(`ended by itself (${signal ?? code})`));
    });
  }

  /**
   * Sends a message; one to a process that has ended is dropped.
   * @param {{ type: string }} message
   */
  send(message) {
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  /**
   * Resolves to the next message of a type; rejects when this process or `other` fails first.
   * @param {string} type
   * @param {{ limitMs: number, other?: BenchProcess }} options
   * @returns {Promise<any>}
   */
  next(type, { limitMs, other }) {
    return new Promise((resolve, reject) => {
      const involved = other === undefined ? [this] : [this, other];
      const finish = (settle, value) => {
        clearTimeout(timer);
        for (const child of involved) child.#waiters.delete(waiter);
        settle(value);
      };
      const waiter = {
        type,
        from: this,
        resolve: (message) => finish(resolve, message),
        reject: (error) => finish(reject, error),
      };
      const timer = setTimeout(() => {
        waiter.reject(new Error(`${this.#role} gave no "${type}" within ${limitMs} ms`));
      }, limitMs);
      for (const child of involved) child.#waiters.add(waiter);
      const failure = involved.map((child) => child.#failure).find((error) => error !== null);
      if (failure !== undefined) waiter.reject(failure);
    });
  }

  /**
   * Hands every message of a type on to another process.
   * @param {string} type
   * @param {BenchProcess} other
   */
  forward(type, other) {
    this.#forwards.set(type, other);
  }

  /** Asks the process to end and kills it if it does not; resolves when it is gone. */
  async stop() {
    this.#isStopping = true;
    this.send({ type: 'stop' });
    const timer = setTimeout(() => this.kill(), STOP_LIMIT_MS);
    await this.#ended;
    clearTimeout(timer);
  }

  /** Ends the process at once. */
  kill() {
    this.#child.kill('SIGKILL');
  }

  #receive(message) {
    if (message.type === 'failed') return this.#fail(message.reason);
    this.#forwards.get(message.type)?.send(message);
    for (const waiter of this.#waiters) {
      if (waiter.from === this && waiter.type === message.type) waiter.resolve(message);
    }
  }

  #fail(reason) {
    if (this.#isStopping) return;
    this.#failure ??= new Error(`${this.#role}: ${reason}`);
    for (const waiter of this.#waiters) waiter.reject(this.#failure);
  }
}
