import type { Message } from '@trunkline/protocol';
import { payload, type ScriptedConnection } from './scripted-server.js';

export const EPOCH = '00000000000000e0';
export const OTHER_EPOCH = '00000000000000f0';

type Fields<Kind extends Message['kind']> = Partial<Extract<Message, { kind: Kind }>>;

/** Answers the newest SUBSCRIBE, or the one that is named. */
export function subscribed(
  connection: ScriptedConnection,
  fields: Fields<'SUBSCRIBED'> = {},
): void {
  const { sub } = connection.last('SUBSCRIBE');
  const offset = fields.offset ?? 0;
  connection.send({
    kind: 'SUBSCRIBED',
    sub,
    topic: 7,
    state: 'fresh',
    epoch: EPOCH,
    offset,
    top: offset,
    ...fields,
  });
}

/** Sends a topic message, alone in a batch as a shared one is. */
export function publish(
  connection: ScriptedConnection,
  offset: number,
  value: unknown,
  fields: Fields<'MESSAGE'> = {},
): void {
  const message = { kind: 'MESSAGE', topic: 7, offset, skipped: 0, ...payload(value) } as const;
  connection.send({ ...message, ...fields });
}

/** Says what is missing. */
export function gap(connection: ScriptedConnection, fields: Fields<'GAP'>): void {
  const { sub } = connection.last('SUBSCRIBE');
  const missing = { epoch: EPOCH, from: 1, to: undefined, reason: 'expired' } as const;
  connection.send({ kind: 'GAP', sub, ...missing, ...fields });
}

/** Refuses or ends the newest subscription. */
export function ended(connection: ScriptedConnection, fields: Fields<'ENDED'>): void {
  const { sub } = connection.last('SUBSCRIBE');
  connection.send({ kind: 'ENDED', sub, code: 'DENIED', message: 'no', ...fields });
}
