/** Throws a TypeError for an option that does not exist; `what` is how the error begins. */
export function refuseUnknown(what: string, given: object, known: readonly string[]): void {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    throw new TypeError(`${what} "${name}": expected ${known.join(', ')}`);
  }
}

/** As `refuseUnknown` for listeners, which may be an object of a class that has more than these. */
export function refuseUnknownListener(given: object, known: readonly string[]): void {
  if (Object.getPrototypeOf(given) !== Object.prototype) return;
  refuseUnknown('unknown listener', given, known);
}
