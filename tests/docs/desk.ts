import { call, contract, stream, topic } from '@trunkline/contract';
import { implement, type AnyContext, type Handlers, type Service } from '@trunkline/server';
import * as z from 'zod';

const desk = contract('desk', {
  echo: call({ input: z.string(), output: z.string() }),
  small: call({ input: z.string(), output: z.string(), maxInputBytes: 1_000 }),
  once: call({ input: z.string(), output: z.string(), idempotent: true }),
  wait: call({ output: z.string() }),
  denied: call({ output: z.string() }),
  down: stream({ down: z.int() }),
  up: stream({ up: z.int(), output: z.int() }),
  count: stream({ down: z.int() }),
  one: stream({ up: z.int(), output: z.int() }),
  notes: topic({ params: z.object({ room: z.string() }), message: z.string(), publish: 'client' }),
  news: topic({ message: z.string(), publish: 'server' }),
});

/** Gives the desk; what its call `echo` was given is kept in `echoed`. */
export function createDesk(echoed: string[] = []): Service {
  const handlers: Handlers<typeof desk.members> = {
    small: (text) => text,
    echo: (text) => {
      echoed.push(text);
      return text;
    },
    once: (text) => (text === 'large' ? 'x'.repeat(70_000) : text),
    wait: (_input, { signal }) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve(''))),
    denied: () => '',
    async *down(_input, { signal }) {
      yield 1;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
    async up(_input, { items }) {
      let sum = 0;
      for await (const item of items) sum += item;
      return sum;
    },
    async *count() {
      for (let item = 0; ; item++) yield item;
    },
    async one(_input, { items, signal }) {
      for await (const _item of items) break;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return 0;
    },
    notes: {
      authorize: ({ room }) => room !== 'closed',
      authorizePublish: ({ room }) => room !== 'closed',
    },
    news: { authorize: () => true },
  };
  const isAllowed = (context: AnyContext): boolean =>
    !('procedure' in context && context.procedure === 'desk.denied');
  return implement(desk, handlers, { guards: [isAllowed] });
}
