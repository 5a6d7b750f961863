/**
 * What a server has that gives its clients messages as async generators: one queue per subscriber.
 */
export class Feed {
  /** @type {Set<(message: unknown) => void>} */
  #listeners = new Set();

  /** Gives a message to every listener. */
  publish(message) {
    for (const listener of this.#listeners) listener(message);
  }

  /**
   * Yields the messages from now on until the signal fires.
   * @param {AbortSignal} [signal]
   */
  listen(signal) {
    const queue = [];
    let wake;
    const add = (message) => {
      queue.push(message);
      wake?.();
    };
    // Not within the generator: it runs only when somebody asks it for the first message.
    this.#listeners.add(add);
    signal?.addEventListener('abort', () => {
      this.#listeners.delete(add);
      wake?.();
    });
    const waitForMore = () => new Promise((resolve) => (wake = resolve));
    return drain(queue, { signal, waitForMore, end: () => this.#listeners.delete(add) });
  }
}

async function* drain(queue, { signal, waitForMore, end }) {
  try {
    while (!signal?.aborted) {
      const batch = queue.splice(0);
      if (batch.length === 0) await waitForMore();
      yield* batch;
    }
  } finally {
    end();
  }
}
