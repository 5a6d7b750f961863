/** Tells whether a value has to be waited for. */
export function isPromise<Value>(value: Value | PromiseLike<Value>): value is PromiseLike<Value> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}

/** Goes on with a value, at once if it is there: what is synchronous stays in its turn. */
export function chain<Value, Next>(
  value: Value | PromiseLike<Value>,
  step: (value: Value) => Next | PromiseLike<Next>,
): Next | Promise<Next> {
  if (!isPromise(value)) return step(value) as Next | Promise<Next>;
  return Promise.resolve(value).then((settled) => step(settled));
}
