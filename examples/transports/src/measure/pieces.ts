/** What an endless answer is asked for with. */
export interface PiecesOptions {
  readonly separator: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Reads an answer while it grows, and gives each piece when the separator after it has come. */
export async function* piecesOf(
  address: string,
  { separator, headers = {}, signal }: PiecesOptions,
): AsyncGenerator<string> {
  const response = await fetch(address, { headers, signal });
  if (!response.ok || response.body === null) {
    throw new Error(`the server answered with status "${response.status}"`);
  }
  let rest = '';
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const pieces = (rest + text).split(separator);
    rest = pieces.pop() ?? '';
    yield* pieces;
  }
}
