/**
 * What a variant of the target adds: options of its server and of its clients, and what it does with
 * the server that it has.
 * @typedef {object} Variant
 * @property {string} label
 * @property {() => Promise<{ options: object, started?: (server: any) => void }>} [server]
 * @property {() => Promise<object>} [client]
 */

/**
 * Trunkline with the client and the packed codecs that `trunkline generate` wrote.
 * @param {Variant} variant
 * @returns {import('../harness/catalog.mjs').Target}
 */
export const trunkline = (variant) => ({
  label: variant.label,
  carriesBytes: true,

  async startServer({ member, limits }) {
    const { createServer, createTopics, implement } = await import('@trunkline/server');
    const contract = await loadContract(member.name);
    const { options, started } = (await variant.server?.()) ?? {};
    const server = createServer({
      anonymous: true,
      services: [implement(contract, handlersOf(contract, member))],
      limits: limits?.trunkline,
      ...options,
    });
    started?.(server);
    const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
    const close = () => server.close();
    if (member.kind !== 'topic') return { port, close };
    const { tracer } = options ?? {};
    const topic = createTopics(contract, server.broker, tracer && { tracer })[member.name]();
    return { port, close, publish: (message) => topic.publish(message) };
  },

  async connectClient(port, { member }) {
    const { connect } = await import('@trunkline/client');
    const services = { bench: await loadClient(member.name) };
    const client = connect(`ws://127.0.0.1:${port}`, { services, ...(await variant.client?.()) });
    const method = client.bench[member.name];
    return {
      call: (input) => method(input),
      read: async (input, onItem) => {
        for await (const item of method(input)) onItem(item);
      },
      subscribe: (onMessage) => subscribe(method(), onMessage),
      close: () => client.close(),
    };
  },
});

export const target = trunkline({ label: 'Trunkline' });

const PAGE = ['greet', 'items', 'news'];

/** The generated server code beside a contract brings its codecs. */
async function loadContract(memberName) {
  if (PAGE.includes(memberName)) {
    await import('../dist/page.server.js');
    return (await import('../contracts/page.contract.mjs')).page;
  }
  await import('../dist/shop.server.js');
  return (await import('../contracts/shop.contract.mjs')).shop;
}

async function loadClient(memberName) {
  if (PAGE.includes(memberName)) return (await import('../dist/page.client.js')).PageClient;
  return (await import('../dist/shop.client.js')).ShopClient;
}

/** The handler of the scenario; the other calls and streams of its contract are never asked. */
function handlersOf({ members }, { kind, name, handle, produce }) {
  const absent = () => {
    throw new Error('no part of this scenario');
  };
  const names = Object.keys(members).filter((one) => members[one].kind !== 'topic');
  const handlers = Object.fromEntries(names.map((one) => [one, absent]));
  if (kind !== 'topic') handlers[name] = kind === 'call' ? handle : produce;
  return handlers;
}

function subscribe(topic, onMessage) {
  return new Promise((resolve, reject) => {
    topic.subscribe({
      message: onMessage,
      state: ({ status, error }) => {
        if (status === 'live') resolve();
        if (status === 'ended') reject(error ?? new Error('the subscription ended'));
      },
    });
  });
}
