/** Who is signed in. */
export interface User {
  readonly name: string;
  readonly rooms: ReadonlySet<string>;
}

declare module '@trunkline/server' {
  interface App {
    user: User;
  }
}

const USERS: Readonly<Record<string, User>> = {
  'token-of-alice': { name: 'alice', rooms: new Set(['lobby', 'garden', 'attic']) },
  'token-of-bob': { name: 'bob', rooms: new Set(['lobby']) },
  'token-of-carol': { name: 'carol', rooms: new Set(['garden']) },
};

/** Finds the user of a token; a real application asks its identity provider. */
export function userOf(token: string): User | undefined {
  return Object.hasOwn(USERS, token) ? USERS[token] : undefined;
}
