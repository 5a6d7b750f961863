import type { FrameworkError, TrunklineError } from './trunkline-error.js';

/** The errors of a procedure: those that it declares, by code, and Trunkline's own. */
export type ErrorOf<Errors> =
  | { [Code in keyof Errors & string]: TrunklineError<Code, Errors[Code]> }[keyof Errors & string]
  | FrameworkError;

/** An outcome as a value: tell errors apart by `error.code`. */
export type SafeResult<Output, Errors = {}> =
  | { readonly ok: true; readonly value: Output }
  | { readonly ok: false; readonly error: ErrorOf<Errors> };

/**
 * An input and options as parameters. Where there is no input, or it may be `undefined`, it may be
 * left out; before options it is then written as `undefined`.
 */
export type WithInput<Input, Options> = undefined extends Input
  ? [input?: Input, options?: Options]
  : [input: Input, options?: Options];
