import { nearestName } from '@trunkline/protocol';
import { OBSERVED_NAMES } from './observation.js';

/** Throws a TypeError for an option `observers` that is no list of them, or has a misspelt method. */
export function assertObservers(observers: unknown): void {
  if (observers === undefined) return;
  const isFitting =
    Array.isArray(observers) &&
    observers.every((observer) => typeof observer === 'object' && observer !== null);
  if (!isFitting) {
    throw new TypeError('option "observers" must be a list of objects with methods of an Observer');
  }
  for (const observer of observers as readonly object[]) assertMethods(observer);
}

/** An observer may have methods of its own; one that is nearly an observer's is misspelt. */
function assertMethods(observer: object): void {
  const names: readonly string[] = OBSERVED_NAMES;
  const members = observer as Readonly<Record<string, unknown>>;
  for (const name of membersOf(observer)) {
    if (names.includes(name)) continue;
    const meant = nearestName(name, names);
    if (meant === undefined || typeof members[name] !== 'function') continue;
    throw new TypeError(`unknown method "${name}" of an observer: did you mean "${meant}"?`);
  }
}

/** Names of what an object has, by itself and by its classes. */
function membersOf(value: object): string[] {
  const names: string[] = [];
  let one: object | null = value;
  while (one !== null && one !== Object.prototype) {
    names.push(...Object.getOwnPropertyNames(one));
    one = Object.getPrototypeOf(one) as object | null;
  }
  return names;
}
