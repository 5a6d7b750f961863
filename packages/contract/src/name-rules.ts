import { isErrorCode } from '@trunkline/protocol';

const NAME = /^[a-z][A-Za-z0-9]*$/;
const CODE = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/;
const SEGMENTS_MAX = 7;
/** On the wire a procedure is named by contract and member; a decoder refuses longer names. */
const FULL_NAME_MAX_BYTES = 128;
/** Keeps an error reply, which is 4 KiB at most, to what it is there for. */
const CODE_MAX_LENGTH = 64;

// Generated code hangs members on functions, on objects that may be awaited and on proxies. A
// member with one of these names would hide what such an object has of its own.
const REFUSED_NAMES = new Set(
  `then safe name length arguments caller constructor prototype __proto__ apply bind call toString
  toLocaleString toJSON valueOf hasOwnProperty isPrototypeOf propertyIsEnumerable`.split(/\s+/),
);

/** Gives what is wrong with the name of a contract. */
export function contractNameFault(name: unknown): string | undefined {
  if (typeof name !== 'string') return `the name is ${quote(name)}; expected a string`;
  const segments = name.split('.');
  if (segments.length > SEGMENTS_MAX || !segments.every((segment) => NAME.test(segment))) {
    return (
      `the name ${quote(name)} is not allowed; expected camelCase words joined by dots, ` +
      `at most ${SEGMENTS_MAX}, such as "chat" or "admin.users"`
    );
  }
  return segments.map(refusedNameFault).find((fault) => fault !== undefined);
}

/** Gives what is wrong with the name of a call, stream or topic. */
export function memberNameFault(contractName: string, name: string): string | undefined {
  if (!NAME.test(name) && !REFUSED_NAMES.has(name)) {
    return `the name ${quote(name)} is not allowed; expected camelCase such as "postMessage"`;
  }
  // Both names are ASCII once they fit their grammar.
  const length = `${contractName}.${name}`.length;
  if (length > FULL_NAME_MAX_BYTES) {
    return `contract and name have ${length} bytes; allowed are ${FULL_NAME_MAX_BYTES}`;
  }
  return refusedNameFault(name);
}

/** Gives what is wrong with the code of a declared error. */
export function errorCodeFault(code: string): string | undefined {
  if (isErrorCode(code)) return `the code "${code}" is Trunkline's own; choose another`;
  if (CODE.test(code) && code.length <= CODE_MAX_LENGTH) return undefined;
  return (
    `the code ${quote(code)} is not allowed; expected UPPER_SNAKE such as "ROOM_CLOSED", ` +
    `at most ${CODE_MAX_LENGTH} characters`
  );
}

/** Names a value in the text of a problem: texts quoted and shortened, objects by their kind. */
export function quote(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  }
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}

function refusedNameFault(name: string): string | undefined {
  return REFUSED_NAMES.has(name)
    ? `the name "${name}" is refused since it hides a property of functions or objects; rename it`
    : undefined;
}
