import { createInterface } from 'node:readline';

/**
 * Tells of each line that is typed, until somebody types "exit" or ends the input. Gives whether
 * somebody did: an input that is not a terminal and has ended without a line is no console at all.
 */
export async function readConsole(
  tell: (text: string) => Promise<void>,
  signal: AbortSignal,
): Promise<boolean> {
  let isConsole = process.stdin.isTTY;
  const lines = createInterface({ input: process.stdin, signal });
  for await (const line of lines) {
    isConsole = true;
    const text = line.trim();
    if (text === 'exit') break;
    if (text !== '') await tell(text);
  }
  lines.close();
  return isConsole;
}
