const PREFIX = '#/';

/** The room that a page shows whose address names none. */
const FIRST_ROOM = 'lobby';

/** Gives the address of a room within this page. */
export function addressOf(room: string): string {
  return `${PREFIX}${encodeURIComponent(room)}`;
}

/** Reads the room from the address of the page. */
export function roomOfAddress(): string {
  const { hash } = location;
  if (!hash.startsWith(PREFIX) || hash === PREFIX) return FIRST_ROOM;
  try {
    return decodeURIComponent(hash.slice(PREFIX.length));
  } catch {
    return FIRST_ROOM;
  }
}
