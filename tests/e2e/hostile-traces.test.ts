import { expect, it } from 'vitest';
import { chatService } from '../support/chat-service.js';
import { bind, call as callMessage } from '../support/messages.js';
import { openRawHost } from '../support/raw-peer.js';
import { RecordingTracer } from '../support/recording-tracer.js';

const SPAN = 'b7ad6b7169203331';
const PARENT = `00-0af7651916cd43dd8448eb211c80319c-${SPAN}-01`;

it.each([
  ['a trace of this protocol', { traceParent: PARENT, traceState: 'a=1' }, SPAN, 'a=1'],
  ['a trace parent alone', { traceParent: PARENT }, SPAN, undefined],
  ['a malformed trace state', { traceParent: PARENT, traceState: '\u0000=,' }, SPAN, undefined],
  ['a malformed trace parent', { traceParent: 'x'.repeat(64), traceState: 'a=1' }, undefined],
  ['an empty trace parent', { traceParent: '', traceState: 'a=1' }, undefined],
  ['a trace of zeros', { traceParent: PARENT.replace(SPAN, '0'.repeat(16)) }, undefined],
  ['a trace state alone', { traceState: 'a=1' }, undefined],
])(
  'answers a call that brings %s, and believes what is well-formed',
  async (_, ext, ...expected) => {
    const tracer = new RecordingTracer();
    const seen: unknown[] = [];
    const guard = (context: { kind: string; trace?: unknown }): boolean => {
      if (context.kind === 'call') seen.push(context.trace);
      return true;
    };
    const options = {
      services: [chatService()],
      anonymous: true,
      guards: [guard as never],
    } as const;
    await using host = openRawHost({ ...options, tracer });
    const peer = host.connect();
    await peer.hello();
    await peer.send(bind(0, 'chat.echo'), { ...callMessage(0, 0, 'hi'), ...ext });
    expect(peer.of('RESULT')).toHaveLength(1);
    const [span, traceState] = expected;
    expect(tracer.spans.map(({ parent }) => parent)).toEqual([span]);
    const trace = { traceParent: PARENT, ...(traceState !== undefined && { traceState }) };
    expect(seen).toEqual([span === undefined ? undefined : trace]);
    expect(host.failures).toEqual([]);
  },
);

it.each([
  ['a trace parent', { traceParent: 'x'.repeat(65) }],
  ['a trace state', { traceState: 'x'.repeat(513) }],
])('closes on %s that is longer than allowed', async (_, ext) => {
  await using host = openRawHost({ services: [chatService()], anonymous: true });
  const peer = host.connect();
  await peer.hello();
  await peer.send(bind(0, 'chat.echo'), { ...callMessage(0, 0, 'hi'), ...ext });
  expect(peer.closed).toMatchObject({ code: 4400 });
});
