import type { ClientCallShape, ContractShape, ServiceShape } from '@trunkline/protocol';
import { expectTypeOf } from 'vitest';
import { connect, serve, type ClientHandler, type ClientHandlersOf } from '../index.js';

interface Shape extends ContractShape {
  readonly members: {};
  readonly client: {
    readonly confirm: ClientCallShape<
      { text: string },
      { agreed: boolean },
      { readonly AWAY: { since: Date } }
    >;
    readonly look: ClientCallShape<undefined, undefined, {}>;
  };
}

interface Handlers {
  readonly confirm: ClientHandler<
    { text: string },
    { agreed: boolean },
    { readonly AWAY: { since: Date } }
  >;
  readonly look: ClientHandler<undefined, undefined>;
}

declare const shape: Shape;
declare const service: ServiceShape<{}, Handlers>;
const services = { chat: service };

expectTypeOf<ClientHandlersOf<Shape>>().toEqualTypeOf<Handlers>();

// What a handler is given comes from the service or the contract
const served = serve(service, {
  confirm: async (input, context) => {
    expectTypeOf(input).toEqualTypeOf<{ text: string }>();
    expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>();
    expectTypeOf(context.remainingMs).toEqualTypeOf<number | undefined>();
    if (input.text === '') throw context.error('AWAY', { since: new Date() });
    // @ts-expect-error this error is not declared
    if (input.text === ' ') throw context.error('GONE', {});
    // @ts-expect-error its data is another
    if (input.text === '-') throw context.error('AWAY', { until: new Date() });
    return { agreed: true };
  },
});
const inferred = serve(shape, {
  confirm: ({ text }) => ({ agreed: text === 'x' }),
  look: () => {},
});
connect('ws://x', { services, handlers: [served, inferred] });
serve(service, {});

// @ts-expect-error its output is another
serve(service, { confirm: () => ({ agreed: 'yes' }) });
// @ts-expect-error the input has no room
serve(service, { confirm: ({ room }) => room });
// @ts-expect-error an output is missing
serve(shape, { confirm: async () => {} });
// @ts-expect-error the server calls nothing of this name
serve(service, { cofirm: () => ({ agreed: true }) });
// @ts-expect-error handlers are made by serve
connect('ws://x', { services, handlers: { chat: { look: () => {} } } });
