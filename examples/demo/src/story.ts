import { EventEmitter, once } from 'node:events';

const isPlain = process.env['NO_COLOR'] !== undefined || !process.stdout.isTTY;

function paint(code: number, text: string): string {
  return isPlain ? text : `\u001b[${code}m${text}\u001b[0m`;
}

function print(who: string, code: number, text: string): void {
  process.stdout.write(`  ${paint(code, who.padEnd(8))} ${text}\n`);
}

const server = new EventEmitter();
let chapters = 0;

/** Tells the reader what happens, and on which side. */
export const say = {
  chapter(title: string): void {
    process.stdout.write(`\n${paint(1, `${++chapters}. ${title}`)}\n`);
  },
  note(text: string): void {
    process.stdout.write(`  ${paint(2, text)}\n`);
  },
  server(text: string): void {
    print('server', 35, text);
    server.emit('said');
  },
  /** Resolves when the server says something: nobody else waits for it to be through. */
  async byServer(): Promise<void> {
    await once(server, 'said');
  },
  client(name: string, text: string): void {
    print(name, 36, text);
  },
};
