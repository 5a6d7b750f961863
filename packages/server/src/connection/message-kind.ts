import { ENCODING, type ReceivedMessage } from '@trunkline/protocol';

/** Tells whether it is the kind of what ends a call. */
export function isAnswer(kind: string): boolean {
  return kind === 'RESULT' || kind === 'ERROR';
}

/** Tells whether a message has a packed payload. */
export function isPacked(message: ReceivedMessage): boolean {
  return 'encoding' in message && message.encoding === ENCODING.PACKED;
}

/** Says what is wrong with a message that no client sends in a session. */
export function violationOf(
  kind: ReceivedMessage['kind'],
): 'SECOND_HELLO' | 'NOT_OFFERED' | 'WRONG_DIRECTION' {
  switch (kind) {
    case 'HELLO':
    case 'RESUME':
      return 'SECOND_HELLO';
    case 'GOAWAY':
      return 'NOT_OFFERED';
    default:
      return 'WRONG_DIRECTION';
  }
}
