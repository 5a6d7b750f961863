/** @type {import('../harness/catalog.mjs').Target} */
export const target = {
  label: 'Trunkline',
  carriesBytes: true,

  async startServer({ member, limits }) {
    const { createServer, createTopics, implement } = await import('@trunkline/server');
    const bench = await createContract(member);
    const server = createServer({
      anonymous: true,
      services: [implement(bench, handlersOf(member))],
      limits: limits?.trunkline,
    });
    const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
    const close = () => server.close();
    if (member.kind !== 'topic') return { port, close };
    const topic = createTopics(bench, server.broker)[member.name]();
    return { port, close, publish: (message) => topic.publish(message) };
  },

  async connectClient(port, { member }) {
    const { connect } = await import('@trunkline/client');
    const bench = await createContract(member);
    const client = connect(`ws://127.0.0.1:${port}`, { contracts: { bench } });
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
};

async function createContract(member) {
  const { call, contract, stream, topic } = await import('@trunkline/contract');
  const { name, input, output, item, message, maxOutputBytes } = member;
  const limits = maxOutputBytes === undefined ? {} : { maxOutputBytes };
  const define = {
    call: () => call({ input, output, ...limits }),
    stream: () => stream({ input, down: item }),
    topic: () => topic({ message, public: true }),
  };
  return contract('bench', { [name]: define[member.kind]() });
}

function handlersOf({ kind, name, handle, produce }) {
  if (kind === 'topic') return {};
  return { [name]: kind === 'call' ? handle : produce };
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
