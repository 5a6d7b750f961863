import { createServer, request } from 'node:http';
import { connect, type AddressInfo } from 'node:net';

/** A proxy that asks a server under its own name, and not under the one that the page knows. */
export async function startForeignFront(port: number): Promise<AsyncDisposable & { url: string }> {
  const server = createServer(({ url }, response) => {
    const asked = request({ port, host: '127.0.0.1', path: url }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    asked.end();
  });
  server.on('upgrade', ({ url, headers }, near) => {
    const lines = Object.entries({ ...headers, host: `127.0.0.1:${port}` });
    const far = connect(port, '127.0.0.1');
    far.write(
      `GET ${url} HTTP/1.1\r\n${lines.map((line) => line.join(': ')).join('\r\n')}\r\n\r\n`,
    );
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      socket.on('error', () => other.destroy());
      socket.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
