import { FEATURES, type ErrorCode, type Message } from '@trunkline/protocol';
import type { ServerOptions } from '@trunkline/server';
import { expect } from 'vitest';
import { chatService, createProbe, type ChatProbe } from '../support/chat-service.js';
import { bind, call } from '../support/messages.js';
import { openRawHost, type RawHost, type RawPeer } from '../support/raw-peer.js';
import type { Outcome } from './driver.js';
import { labService } from './lab.js';

/** Limits that differ from the defaults. */
export type Lowered = NonNullable<ServerOptions['limits']>;

/** What a limit is lowered at, and who tries it. */
export interface LimitRig {
  readonly host: RawHost;
  readonly peer: RawPeer;
  readonly probe: ChatProbe;
  /** Binds a procedure to the next number and gives that. */
  readonly bindTo: (name: string, kind?: 'call' | 'stream' | 'publish') => Promise<number>;
}

/** What differs from a server that lets everybody in. */
export interface RigOptions extends Partial<Omit<ServerOptions, 'runtime' | 'onError' | 'limits'>> {
  readonly features?: number;
  readonly token?: string;
}

const ECHO = 0;
const LAST_ID = 9_998;

/** Says what a peer was told, by the first refusal that has come to it. */
export function outcomeOf(peer: RawPeer): Outcome {
  if (peer.closed?.code === 1006) return { kind: 'cut' };
  if (peer.closed !== undefined) return { kind: 'close', code: peer.closed.code };
  const [gone] = peer.of('GONE');
  if (gone !== undefined) return { kind: 'gone', reason: gone.reason as 'expired' | 'unknown' };
  const [failed] = [...peer.of('ERROR'), ...peer.of('ENDED')];
  return failed === undefined ? 'works' : { kind: 'error', code: failed.code as ErrorCode };
}

/**
 * Opens a server with a limit lowered and a client in it, lets `act` try the limit, and sees to it
 * that afterwards calls are answered, and nothing is left when all is closed.
 */
export async function withPeer(
  limits: Lowered,
  act: (rig: LimitRig) => Promise<Outcome>,
  { features = FEATURES.CHUNK, token = '', ...options }: RigOptions = {},
): Promise<Outcome> {
  const probe = createProbe();
  await using host = openRawHost({
    ...(options.authenticate === undefined && { anonymous: true as const }),
    services: [chatService(probe), labService()],
    ...options,
    limits,
  });
  const peer = host.connect();
  await peer.hello(token, features);
  await peer.send(bind(ECHO, 'chat.echo'));
  let bound = ECHO;
  const outcome = await act({
    host,
    peer,
    probe,
    bindTo: async (name, kind) => {
      await peer.send(bind(++bound, name, kind));
      return bound;
    },
  });
  probe.answer.resolve('done');
  await host.runtime.settle();
  await expectAnswers(host, peer, { token, features });
  await peer.cut();
  return outcome;
}

/** A client is answered as before: this one, or another where its connection has ended. */
async function expectAnswers(
  host: RawHost,
  peer: RawPeer,
  { token, features }: { readonly token: string; readonly features: number },
): Promise<void> {
  let after = peer;
  if (peer.closed !== undefined) {
    after = host.connect();
    await after.hello(token, features);
    await after.send(bind(ECHO, 'chat.echo'));
  }
  await after.acknowledge();
  await after.send(call(LAST_ID, ECHO));
  expect(after.of('RESULT').map(({ id }) => id)).toContain(LAST_ID);
  if (after !== peer) await after.cut();
}

/** Lets time pass in which a peer gives signs of life, and nothing else. */
export async function speakFor({ host, peer }: LimitRig, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 3_000) {
    await host.runtime.advance(Math.min(left, 3_000));
    await peer.send({ kind: 'PING', value: left });
  }
}

/** Messages for a peer, made one by one. */
export function times<Made = Message>(count: number, make: (index: number) => Made): Made[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
