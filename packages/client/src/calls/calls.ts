import type { CallShape, ResultMessage, TrunklineError } from '@trunkline/protocol';
import type { CallMethod, UnaryOptions } from './call-method.js';
import type { CallPort } from './call-port.js';
import { idempotencyKeyOf } from './idempotency-key.js';
import { refuseUnknown } from '../connection/refuse-unknown.js';
import { readOutput, startUnary, type Outcome } from './unary-call.js';

/** An outcome as a value, before anybody knows its types. */
type UntypedResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: TrunklineError };

/** Makes a promise of what `start` tells. */
export function promiseOf<Value>(start: (outcome: Outcome<Value>) => void): Promise<Value> {
  return new Promise((resolve, reject) => start({ done: resolve, failed: reject }));
}

/** Makes a promise that gives failures as values. */
export function safely(start: (outcome: Outcome<unknown>) => void): Promise<UntypedResult> {
  return new Promise((resolve) =>
    start({
      done: (value) => resolve({ ok: true, value }),
      failed: (error) => resolve({ ok: false, error }),
    }),
  );
}

const OPTIONS: readonly (keyof UnaryOptions)[] = ['signal', 'deadlineMs', 'idempotencyKey'];

/** Makes the method of a call. */
export function createCallMethod(
  port: CallPort,
  name: string,
  shape: CallShape<unknown, unknown, unknown>,
): CallMethod<unknown, unknown> {
  const { codec, idempotent: isIdempotent = false, deadlineMs } = shape;
  const read = (message: ResultMessage): unknown => readOutput(port, message, codec?.output);
  const start =
    (input: unknown, options: UnaryOptions | undefined) =>
    (outcome: Outcome<unknown>): void => {
      if (options !== undefined) refuseUnknown(`${name}: unknown option`, options, OPTIONS);
      const key = idempotencyKeyOf(port.runtime, options?.idempotencyKey, { name, isIdempotent });
      const request = { kind: 'call', name, codec, input, options, deadlineMs, read } as const;
      startUnary(port, key === undefined ? request : { ...request, idempotencyKey: key }, outcome);
    };
  const call = (input?: unknown, options?: UnaryOptions) => promiseOf(start(input, options));
  const safe = (input?: unknown, options?: UnaryOptions) => safely(start(input, options));
  return Object.freeze(Object.assign(call, { safe })) as CallMethod<unknown, unknown>;
}
