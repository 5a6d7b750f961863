import { nameHint } from '@trunkline/protocol';

/** Throws a TypeError for an option that does not exist; `what` is how the error begins. */
export function refuseUnknown(what: string, given: object, known: readonly string[]): void {
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) {
      throw new TypeError(`${what} "${name}": ${nameHint(name, known)}`);
    }
  }
}
