/**
 * Makes a drive that publishes to all clients again and again, each time when all have got what was
 * published before. Checks every message and its place; counts deliveries.
 * @param {{ count: number, isAwaited?: boolean }} publish what one act of the server publishes
 * @returns {import('./catalog.mjs').Scenario['drive']}
 */
export const publishToAll = ({ count, isAwaited }) => {
  let audience;
  return async (clients, { seconds, check, ask }) => {
    audience ??= await gather(clients, check);
    const from = audience.published;
    const end = performance.now() + seconds * 1000;
    do {
      const arrived = audience.expect(count);
      await ask('publish', { from: audience.published - count, count, isAwaited });
      await arrived;
    } while (performance.now() < end);
    return { count: (audience.published - from) * clients.length };
  };
};

/** Subscribes all clients and follows what they get. */
async function gather(clients, check) {
  let missing = 0;
  let settle = { resolve: () => {}, reject: () => {} };
  const audience = {
    published: 0,
    expect: (count) => {
      audience.published += count;
      missing = count * clients.length;
      return new Promise((resolve, reject) => (settle = { resolve, reject }));
    },
  };
  const follow = async (client) => {
    let seq = 0;
    await client.subscribe((message) => {
      if (!check(message, seq)) {
        settle.reject(new Error(`expected message ${seq}, got ${JSON.stringify(message)}`));
      }
      seq += 1;
      missing -= 1;
      if (missing === 0) settle.resolve();
    });
  };
  await Promise.all(clients.map(follow));
  return audience;
}
