/** @type {import('../harness/catalog.mjs').Target} */
export const target = {
  label: 'Trunkline',

  async startServer(procedure) {
    const { createServer, implement } = await import('@trunkline/server');
    const bench = await createContract(procedure);
    const server = createServer({
      anonymous: true,
      services: [implement(bench, { [procedure.name]: procedure.handle })],
    });
    const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
    return { port, close: () => server.close() };
  },

  async connectClient(port, procedure) {
    const { connect } = await import('@trunkline/client');
    const bench = await createContract(procedure);
    const client = connect(`ws://127.0.0.1:${port}`, { contracts: { bench } });
    return {
      call: (input) => client.bench[procedure.name](input),
      close: () => client.close(),
    };
  },
};

async function createContract({ name, input, output }) {
  const { call, contract } = await import('@trunkline/contract');
  return contract('bench', { [name]: call({ input, output }) });
}
