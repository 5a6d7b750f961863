import type { Message } from '@trunkline/protocol';
import { bind, call, subscribe } from '../support/messages.js';
import { payloadOf } from '../support/raw-peer.js';
import { HELD, type Driver, type Drivers, type Outcome } from './driver.js';
import { outcomeOf, times, withPeer, type LimitRig } from './limit-host.js';

/** Somebody new says hello like this. */
const hello = (fields: Partial<Extract<Message, { kind: 'HELLO' }>>): Promise<Outcome> =>
  withPeer({}, async ({ host }) => {
    const peer = host.connect();
    const usual = { kind: 'HELLO', features: 0, agent: '', token: '', revisions: [] } as const;
    await peer.send({ ...usual, ...fields });
    return outcomeOf(peer);
  });

/** A call of the lab that fails, and what is said of its error. */
function failing(
  name: string,
  inputOf: (amount: number) => unknown,
  judge: (rig: LimitRig, amount: number) => Outcome,
): Driver {
  return {
    drive: (amount) =>
      withPeer({}, async (rig) => {
        await rig.peer.send(call(0, await rig.bindTo(name), inputOf(amount)));
        return judge(rig, amount);
      }),
  };
}

const TEXT_BYTES = payloadOf('').bytes.length;

/** Drivers of what is a part of the wire, and no option. */
export const FIXED_DRIVERS: Drivers = {
  tokenBytes: { drive: (amount) => hello({ token: 't'.repeat(amount) }) },
  namedContracts: {
    drive: (amount) =>
      hello({ revisions: times(amount, (n) => ({ name: `c${n}`, revision: '0'.repeat(16) })) }),
  },
  nameBytes: {
    drive: (amount) =>
      withPeer({}, async ({ peer }) => {
        await peer.send(bind(1, 'chat.'.padEnd(amount, 'n')));
        return outcomeOf(peer);
      }),
  },
  topicKeyBytes: {
    drive: (amount) =>
      withPeer({}, async ({ peer }) => {
        const id = 'i'.repeat(amount - 'lab.news{"id":""}'.length);
        await peer.send(subscribe(0, 'lab.news', { params: { id } }));
        return outcomeOf(peer);
      }),
  },
  errorTextBytes: failing(
    'lab.fail',
    (amount) => ({ text: amount, data: 0 }),
    ({ peer }, amount) => (peer.of('ERROR')[0]?.message.length === amount ? 'works' : HELD),
  ),
  errorDataBytes: failing(
    'lab.fail',
    // Its length takes one byte more from 128 on.
    (amount) => ({ text: 1, data: amount - TEXT_BYTES - 1 }),
    ({ peer }) => (peer.of('ERROR')[0]?.code === 'LAB' ? 'works' : outcomeOf(peer)),
  ),
  errorIssues: failing(
    'lab.numbers',
    (amount) => times(amount, () => 'x'),
    ({ peer }) => {
      const [error] = peer.of('ERROR');
      const text = new TextDecoder().decode(error?.bytes);
      return text.includes('"truncated"') ? HELD : error === undefined ? { kind: 'cut' } : 'works';
    },
  ),
};
