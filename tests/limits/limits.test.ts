import { listClientLimits } from '@trunkline/client/testing';
import type { LimitEntry } from '@trunkline/protocol';
import { createServer } from '@trunkline/server';
import { describe, expect, it } from 'vitest';
import { chatService } from '../support/chat-service.js';
import { BROKER_DRIVERS } from './broker-drivers.js';
import { CALL_DRIVERS } from './call-drivers.js';
import { CLIENT_DRIVERS } from './client-drivers.js';
import { DECODE_DRIVERS } from './decode-drivers.js';
import type { Driver, Drivers } from './driver.js';
import { FIXED_DRIVERS } from './fixed-drivers.js';
import { HANDSHAKE_DRIVERS } from './handshake-drivers.js';
import { IDEMPOTENCY_DRIVERS } from './idempotency-drivers.js';
import { SESSION_DRIVERS } from './session-drivers.js';
import { SOCKET_DRIVERS } from './socket-drivers.js';
import { STREAM_DRIVERS } from './stream-drivers.js';
import { TOPIC_DRIVERS } from './topic-drivers.js';
import { UP_CREDIT_DRIVERS } from './up-credit-drivers.js';
import { WIRE_DRIVERS } from './wire-drivers.js';

const DRIVERS: Drivers = {
  ...WIRE_DRIVERS,
  ...DECODE_DRIVERS,
  ...SOCKET_DRIVERS,
  ...HANDSHAKE_DRIVERS,
  ...SESSION_DRIVERS,
  ...CALL_DRIVERS,
  ...STREAM_DRIVERS,
  ...UP_CREDIT_DRIVERS,
  ...IDEMPOTENCY_DRIVERS,
  ...TOPIC_DRIVERS,
  ...FIXED_DRIVERS,
  ...BROKER_DRIVERS,
};

type Row = LimitEntry & { readonly name: string };

const server = createServer({ anonymous: true, services: [chatService()] });
const ROWS: readonly Row[] = server.limits.list();
await server.close();

/** Drives a limit to one less, to itself and to one more. */
async function expectHolds(row: Row, { drive, isReached }: Driver, limit: number): Promise<void> {
  const seen: Record<number, unknown> = {};
  for (const amount of [limit - 1, limit, limit + 1]) seen[amount] = await drive(amount, limit);
  expect(seen).toEqual({
    [limit - 1]: 'works',
    [limit]: isReached === true ? row.reaction : 'works',
    [limit + 1]: row.reaction,
  });
}

function describeRows(whose: string, rows: readonly Row[], drivers: Drivers): void {
  describe(`limits of ${whose}`, () => {
    it.each(rows.map((row) => [row.name, row.onExcess, row] as const))(
      '%s: more gets %s',
      async (name, _onExcess, row) => {
        const driver = drivers[name];
        if (driver === undefined) throw new Error(`no driver for the limit "${name}"`);
        await expectHolds(row, driver, driver.value ?? row.value);
        if (driver.atDefault === true) await expectHolds(row, driver, row.value);
      },
    );

    it('have a driver each, and no driver is without one', () => {
      expect(Object.keys(drivers).sort()).toEqual(rows.map(({ name }) => name).sort());
    });
  });
}

describeRows('a server', ROWS, DRIVERS);
describeRows('a client', listClientLimits(), CLIENT_DRIVERS);
