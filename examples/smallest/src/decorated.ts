import { call, contract, stream } from '@trunkline/contract';
import { createServer, serviceDecorators } from '@trunkline/server';
import { connect } from '@trunkline/client';
import * as z from 'zod';

const clock = contract('clock', {
  later: call({ input: z.object({ at: z.date(), days: z.int() }), output: z.date() }),
  ticks: stream({ input: z.object({ count: z.int() }), down: z.date() }),
});
const ClockService = serviceDecorators(clock);

@ClockService()
class Clock {
  @ClockService.later() later({ at, days }: { at: Date; days: number }) {
    return new Date(at.getTime() + days * 86_400_000);
  }
  @ClockService.ticks() async *ticks({ count }: { count: number }) {
    for (let i = 0; i < count; i++) yield new Date();
  }
}
const server = createServer({ anonymous: true, services: [new Clock()] });
await server.listen({ port: 8080 });

const client = connect('ws://localhost:8080', { contracts: { clock } });
console.log((await client.clock.later({ at: new Date(), days: 1 })).toISOString());
for await (const tick of client.clock.ticks({ count: 3 })) console.log(tick.getTime());
client.close();
await server.close();
