import { describe, expect, it } from 'vitest';
import { assertOptions, type ServerOptions } from './server-options.js';

describe('assertOptions', () => {
  it('refuses an option that does not exist, and says which was meant, or lists them all', () => {
    const given = { services: [], anonymous: true as const };
    expect(() =>
      assertOptions({ ...given, orgins: ['https://example.com'] } as ServerOptions),
    ).toThrow(/^unknown option "orgins": did you mean "origins"\?$/);
    expect(() => assertOptions({ ...given, cluster: true } as ServerOptions)).toThrow(
      /^unknown option "cluster": expected services, resolve, /,
    );
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

  it('refuses a misspelt method of an observer, of its own or of its class', () => {
    class Counting {
      callended(): void {}
    }
    const mistaken: readonly (readonly [object, RegExp])[] = [
      [{ onCallEnded: () => undefined }, /"onCallEnded" of an observer: did you mean "callEnded"/],
      [new Counting(), /^unknown method "callended" of an observer: did you mean "callEnded"\?$/],
    ];
    for (const [observer, message] of mistaken) {
      expect(() => assertOptions({ services: [], observers: [observer] })).toThrow(message);
    }
  });

  it('lets an observer have members of its own', () => {
    const observer = { calls: 0, callsEnded: 0, callEnded: () => undefined, watch: () => 1 };
    expect(() => assertOptions({ services: [], observers: [observer] })).not.toThrow();
  });

  it('takes every option that there is', () => {
    const guards = { guards: [], interceptors: [], errorMappers: [] };
    const security = { origins: [], trustedProxies: [], cookies: false };
    expect(() => assertOptions({ services: [], ...guards, ...security })).not.toThrow();
  });
});
