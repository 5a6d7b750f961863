const AT_ONCE = 100;

/**
 * Makes many clients, some at a time, and lets each of them do something.
 * @param {number} count
 * @param {() => Promise<import('./catalog.mjs').Client>} connect
 * @param {(client: import('./catalog.mjs').Client, index: number) => Promise<void>} use
 */
export async function connectMany(count, connect, use) {
  const clients = [];
  const addOne = async (index) => {
    const client = await connect();
    clients.push(client);
    await use(client, index);
  };
  for (let from = 0; from < count; from += AT_ONCE) {
    const size = Math.min(AT_ONCE, count - from);
    await Promise.all(Array.from({ length: size }, (_, index) => addOne(from + index)));
  }
  return clients;
}
