import type { User as AppUser } from '../routes/app.js';
import { noteOnMethod, type ParameterSource } from './metadata.js';

/** Gives a parameter the input of the call or stream, parsed. */
export function Input(): ParameterDecorator {
  return parameterDecorator('input');
}

/** Gives a parameter the context. */
export function Context(): ParameterDecorator {
  return parameterDecorator('context');
}

/** Gives a parameter the signal of a call or stream: deadline, withdrawal, end of the session. */
export function Signal(): ParameterDecorator {
  return parameterDecorator('signal');
}

/** Gives a parameter what `authenticate` gave for the principal. */
export function User(): ParameterDecorator {
  return parameterDecorator('user');
}

/** The application's own object for who is signed in; `unknown` until `App` declares it. */
export type User = AppUser;

/** Gives a parameter the id of who is signed in; `undefined` for an anonymous client. */
export function Principal(): ParameterDecorator {
  return parameterDecorator('principal');
}

/** Gives a parameter the session of the client. */
export function Session(): ParameterDecorator {
  return parameterDecorator('session');
}

/** Gives a parameter the items that the caller of a stream sends. */
export function Items(): ParameterDecorator {
  return parameterDecorator('items');
}

/** Gives a parameter of an authorizer the params of the topic, parsed. */
export function Params(): ParameterDecorator {
  return parameterDecorator('params');
}

function parameterDecorator(source: ParameterSource): ParameterDecorator {
  const decorator = parameterDecoratorName(source);
  return (target, key, index) => {
    noteOnMethod({ target, key, decorator }, { parameters: [{ index, source }] });
  };
}

/** Names a parameter decorator as it is written: `@Input()`. */
export function parameterDecoratorName(source: ParameterSource): string {
  return `@${source.charAt(0).toUpperCase()}${source.slice(1)}()`;
}
