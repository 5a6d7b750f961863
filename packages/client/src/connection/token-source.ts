import type { Runtime } from '@trunkline/protocol';

/**
 * Why a token is asked for. `first` for the first connection, `resume` for each one after it,
 * `rejected` when the server has refused the last token, `expiring` when it is about to end.
 */
export type AuthReason = 'first' | 'expiring' | 'rejected' | 'resume';

/** What `auth` is told. */
export interface AuthRequest {
  readonly reason: AuthReason;
}

/** A token, or what gives one. */
export type AuthOption =
  | string
  | ((request: AuthRequest) => string | undefined | Promise<string | undefined>);

/** Takes what comes of a question: one of the two is called, once. */
export interface TokenTaker {
  given(token: string): void;
  failed(error: unknown): void;
}

/** What a token source is made with. */
export interface TokenSourceOptions {
  readonly runtime: Runtime;
  readonly auth: AuthOption | undefined;
  /** How long an answer may take. */
  readonly authMs: number;
}

const MAX_TOKEN_BYTES = 4_096;

/** Asks the application for tokens. */
export class TokenSource {
  readonly #options: TokenSourceOptions;

  constructor(options: TokenSourceOptions) {
    this.#options = options;
  }

  /** Whether another token can be asked for. */
  get canRenew(): boolean {
    return typeof this.#options.auth === 'function';
  }

  /**
   * Asks for a token; what is there already is given at once. Gives the function after which the
   * answer is not waited for any more.
   */
  ask(reason: AuthReason, taker: TokenTaker): () => void {
    const { auth = '' } = this.#options;
    if (typeof auth === 'function') return this.#await(auth, reason, taker);
    taker.given(auth);
    return () => {};
  }

  #await(auth: Exclude<AuthOption, string>, reason: AuthReason, taker: TokenTaker): () => void {
    const { runtime, authMs } = this.#options;
    let isOver = false;
    const stop = (): void => {
      isOver = true;
      timer.cancel();
    };
    const fail = (error: unknown): void => {
      if (isOver) return;
      stop();
      taker.failed(error);
    };
    const late = (): void => fail(new Error(`auth gave no token within ${authMs} ms`));
    const timer = runtime.startTimer(authMs, late);
    const given = (token: string): void => {
      if (isOver) return;
      stop();
      taker.given(token);
    };
    void askNow(auth, reason).then(given, fail);
    return stop;
  }
}

async function askNow(auth: Exclude<AuthOption, string>, reason: AuthReason): Promise<string> {
  return checkToken((await auth({ reason })) ?? '');
}

function checkToken(token: unknown): string {
  if (typeof token !== 'string') {
    throw new TypeError(`auth must give a string or undefined, not a ${typeof token}`);
  }
  if (new TextEncoder().encode(token).length > MAX_TOKEN_BYTES) {
    throw new TypeError(`auth gave a token of more than ${MAX_TOKEN_BYTES} bytes`);
  }
  return token;
}
