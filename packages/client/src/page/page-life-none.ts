import type { PageOwner } from './page-owner.js';

/** Where there is no page, nothing is told. */
export function watchPage(_owner: PageOwner): () => void {
  return () => {};
}
