/**
 * What the application declares once for all of its handlers.
 * `declare module '@trunkline/server' { interface App { user: User; scope: Scope } }`.
 */
export interface App {}

/** The application's own object for who is signed in; `unknown` until `App` declares it. */
export type User = App extends { user: infer Declared } ? Declared : unknown;

/** What the server's `scope` option makes for each call; `undefined` until `App` declares it. */
export type Scope = App extends { scope: infer Declared } ? Declared : undefined;
