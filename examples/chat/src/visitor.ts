import { TrunklineError } from '@trunkline/server';
import { createHash } from 'node:crypto';
import { PersonName } from './door.contract.js';
import type { Names } from './names.js';

/** Who has a tab open, signed in or not: what handlers find as `context.user`. */
export class Visitor {
  readonly id: string;
  readonly #names: Names;

  constructor(id: string, names: Names) {
    this.id = id;
    this.#names = names;
  }

  /** The name that was signed in with. Throws UNAUTHENTICATED before that. */
  get name(): string {
    const name = this.#names.nameOf(this.id);
    if (name === undefined) throw new TrunklineError('UNAUTHENTICATED', 'sign in first');
    return name;
  }
}

declare module '@trunkline/server' {
  interface App {
    user: Visitor;
  }
}

/**
 * Finds the visitor of a demo token: 32 digits that the tab has made up, and the name that it had.
 * Nobody has checked who that is. A real application takes the token of its identity provider,
 * verifies it here, and gives `undefined` for what it does not know.
 */
export function visitorOf(token: string, names: Names): Visitor | undefined {
  const [, secret, former] = /^([0-9a-f]{32})(?::(.{0,64}))?$/su.exec(token) ?? [];
  if (secret === undefined) return undefined;
  // The secret itself stays out of principals, which end up in logs.
  const id = createHash('sha256').update(secret).digest('hex').slice(0, 16);
  const name = PersonName.safeParse(former);
  // Who comes back goes on under the old name, unless somebody has taken it meanwhile.
  if (name.success) names.claim(id, name.data);
  return new Visitor(id, names);
}
