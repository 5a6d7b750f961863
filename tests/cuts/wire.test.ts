import { expect, it } from 'vitest';
import type { Cut, How } from './cut.js';
import { Wire } from './wire.js';

/** A wire whose ends note what they see, and where bytes travel when they are told. */
function openWire(cut?: Cut, late: (() => void)[] = []) {
  const tasks: (() => void)[] = [];
  const wire = new Wire((task) => void tasks.push(task), {
    cut,
    later: (_ms, task) => void late.push(task),
  });
  const seen: Record<'client' | 'server', string[]> = { client: [], server: [] };
  for (const name of ['client', 'server'] as const) {
    wire[name].on('data', (chunk: Buffer) => seen[name].push(String(chunk)));
    wire[name].on('end', () => seen[name].push('end'));
    wire[name].on('error', ({ message }) => seen[name].push(message));
  }
  const travel = async (): Promise<void> => {
    while (tasks.length > 0) {
      tasks.shift()?.();
      await new Promise((resolve) => void setImmediate(resolve));
    }
  };
  return { wire, seen, travel };
}

async function talk(how: How) {
  const { wire, seen, travel } = openWire({ direction: 'up', at: 4, how });
  wire.client.write('abc');
  wire.server.write('yes');
  await travel();
  wire.client.write('def');
  wire.server.write('no');
  await travel();
  const { isCut } = wire;
  wire.drop();
  return { ...seen, isCut };
}

it('delivers what is written, and the end', async () => {
  const { wire, seen, travel } = openWire();
  wire.client.write('abc');
  wire.client.end();
  await travel();
  wire.server.end('yes');
  await travel();
  expect(seen).toEqual({ server: ['abc', 'end'], client: ['yes', 'end'] });
  await travel();
  expect(wire.leaked).toEqual([]);
});

it('ends one direction behind the byte and leaves the other one', async () => {
  expect(await talk('fin')).toMatchObject({ server: ['abc', 'd', 'end'], client: ['yes', 'no'] });
});

it('resets both ends behind the byte', async () => {
  const reset = 'read ECONNRESET';
  expect(await talk('rst')).toMatchObject({ server: ['abc', 'd', reset], client: ['yes', reset] });
});

it('swallows one direction from the byte on', async () => {
  expect(await talk('silence')).toMatchObject({ server: ['abc', 'd'], client: ['yes', 'no'] });
});

it('swallows both directions from the byte on', async () => {
  const seen = await talk('blackout');
  expect(seen).toEqual({ server: ['abc', 'd'], client: ['yes'], isCut: true });
});

it('brings one direction late, and in order', async () => {
  const late: (() => void)[] = [];
  const { wire, seen, travel } = openWire({ direction: 'up', at: 1, how: 'late' }, late);
  wire.client.write('abc');
  wire.server.write('yes');
  await travel();
  wire.client.end('def');
  await travel();
  expect(seen).toEqual({ server: ['a'], client: ['yes'] });
  for (const task of late) task();
  await new Promise((resolve) => void setImmediate(resolve));
  wire.drop();
  expect(seen.server).toEqual(['a', 'bc', 'def', 'end']);
});

it('resets the client and brings what it has sent', async () => {
  const late: (() => void)[] = [];
  const { wire, seen, travel } = openWire({ direction: 'up', at: 1, how: 'stray' }, late);
  wire.client.write('abc');
  wire.server.write('yes');
  await travel();
  expect(seen).toEqual({ server: ['a'], client: ['read ECONNRESET'] });
  for (const task of late) task();
  await new Promise((resolve) => void setImmediate(resolve));
  wire.drop();
  expect(seen.server).toEqual(['a', 'bc', 'end']);
});

it('cuts before the first byte and behind the last one', async () => {
  for (const [at, expected] of [
    [0, []],
    [3, ['abc']],
  ] as const) {
    const { wire, seen, travel } = openWire({ direction: 'up', at, how: 'silence' });
    wire.client.write('abc');
    await travel();
    expect([seen.server, wire.isCut]).toEqual([expected, true]);
    wire.drop();
  }
});
