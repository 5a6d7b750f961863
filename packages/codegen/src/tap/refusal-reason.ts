import { shownUrl } from '../tool-url.js';

/** Says that a server answered an upgrade by something else. */
export function refusalReason(status: number, body: string, url: string): string {
  const first = body.split('\n', 1)[0]?.slice(0, 120) ?? '';
  const said = first === '' ? '' : ` "${first}"`;
  return `"${shownUrl(url)}" answered HTTP ${status}${said}; "trunkline doctor" says what that means`;
}

/** Says why a server could not be reached, and what to do. */
export function failureReason(error: Error, url: string): string {
  if (/subprotocol/.test(error.message)) {
    return `"${shownUrl(url)}" is no Trunkline server: it chose no subprotocol; check the path`;
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.message;
  const mend = /CERT|SELF_SIGNED|ISSUER|VERIFY|ALTNAME/.test(code)
    ? 'pass --insecure if that is meant'
    : 'check that the server runs there, host and port';
  return `cannot reach "${shownUrl(url)}": ${code}; ${mend}`;
}
