import { bundlePage } from './bundle-page.mjs';
import { CLIENT_ENTRIES } from './client-entries.mjs';

/**
 * Measures what the page of a target loads at first, and what it loads later when it is needed.
 * @param {{ target: string }} options
 */
export async function measureClientSize({ target }) {
  const { firstBytes, later } = await bundlePage(CLIENT_ENTRIES[target]);
  return { firstBytes, laterBytes: later.reduce((sum, { bytes }) => sum + bytes, 0) };
}
