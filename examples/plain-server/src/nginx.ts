import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { needProgram, type SystemProgram } from './system-program.js';

/** An nginx of our own, beside one that the system may run. */
export interface Nginx {
  readonly pid: number;
  /** What it has logged. */
  readonly log: readonly string[];
  stop(): Promise<void>;
}

/** What an nginx is started with. */
export interface NginxOptions {
  /** A folder for all that it writes; empty or not there yet. */
  readonly folder: string;
  /** The blocks within `http`. */
  readonly site: string;
}

/** The values that a site stands for. */
export interface SiteValues {
  readonly port: number;
  /** The port of the server behind it. */
  readonly upstream: number;
  readonly certFile: string;
  readonly keyFile: string;
}

const NGINX: SystemProgram = {
  name: 'nginx',
  mend: 'install it with "apt-get install nginx-light" or "brew install nginx"',
};
const START_MS = 10_000;

// One process in the foreground, which writes nothing outside its folder and needs no rights.
const CONFIG = `daemon off;
master_process off;
pid nginx.pid;
error_log stderr info;
events {}
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  include site.conf;
}
`;

/** Puts the values of this machine in place of those that `nginx/site.conf` has as examples. */
export function fillSite(site: string, values: SiteValues): string {
  const replacements: readonly [example: string, value: string][] = [
    ['listen 443 ssl', `listen 127.0.0.1:${values.port} ssl`],
    ['app.example.com;', 'localhost;'],
    ['/etc/ssl/certs/app.example.com.crt', `"${values.certFile}"`],
    ['/etc/ssl/private/app.example.com.key', `"${values.keyFile}"`],
    ['http://127.0.0.1:8080', `http://127.0.0.1:${values.upstream}`],
  ];
  return replacements.reduce((text, [example, value]) => {
    if (text.split(example).length !== 2) {
      throw new Error(`the site must hold "${example}" once, for its value to be put there`);
    }
    return text.replace(example, value);
  }, site);
}

/** Starts an nginx; rejects with what it says when it does not start. */
export async function startNginx({ folder, site }: NginxOptions): Promise<Nginx> {
  const path = needProgram(NGINX);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'nginx.conf'), CONFIG);
  await writeFile(join(folder, 'site.conf'), site);
  const args = ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'];
  const child = spawn(path, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const log: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => log.push(line));
  child.once('error', (error) => log.push(error.message));
  let hasEnded = false;
  const ended = new Promise<void>((resolve) => child.once('close', resolve)).then(() => {
    hasEnded = true;
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  const end = performance.now() + START_MS;
  // It writes its pid when all its ports are open.
  while (!existsSync(join(folder, 'nginx.pid'))) {
    if (hasEnded || performance.now() > end) {
      await stop();
      throw new Error(`nginx does not start:\n${log.join('\n')}`);
    }
    await wait(20);
  }
  return { pid: child.pid as number, log, stop };
}
