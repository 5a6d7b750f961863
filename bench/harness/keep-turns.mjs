const ITEMS_PER_TURN = 500;

/**
 * Makes what says when a loop that sends without flow control should leave others a turn: true
 * after every so many items.
 */
export const createPace = () => {
  let count = 0;
  return () => (count += 1) % ITEMS_PER_TURN === 0;
};

/** Resolves in the next turn of the event loop. */
export const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
