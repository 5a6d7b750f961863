import { describe, expect, it } from 'vitest';
import { assertOptions } from './server-options.js';

describe('assertOptions', () => {
  it('refuses an option that does not exist, and lists those that do', () => {
    const options = { services: [], anonymous: true as const, orgins: ['https://example.com'] };
    expect(() => assertOptions(options)).toThrow(/^unknown option "orgins": expected services, /);
  });

  it.each([undefined, {}, 'chat'])('refuses services that are no list: %s', (services) => {
    expect(() => assertOptions({ services } as never)).toThrow(/^option "services" must be a list/);
  });

  it.each([null, {}, { start: () => undefined }, 'otel'])(
    'refuses a tracer that is none: %s',
    (tracer) => {
      const options = { services: [], tracer } as never;
      expect(() => assertOptions(options)).toThrow(
        /^option "tracer" must be an object with the methods/,
      );
    },
  );

  it('takes every option that there is', () => {
    const guards = { guards: [], interceptors: [], errorMappers: [] };
    const security = { origins: [], trustedProxies: [], cookies: false };
    expect(() => assertOptions({ services: [], ...guards, ...security })).not.toThrow();
  });
});
