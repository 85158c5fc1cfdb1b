// Starts bin/parlor, as `make build` leaves it, for development: in memory, on
// a free port, with the credentials everybody knows.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';

export const binary = process.env.PARLOR ?? new URL('../../bin/parlor', import.meta.url).pathname;

export async function serve(...more) {
  if (!existsSync(binary)) throw new Error(`there is no ${binary}: run make build first`);
  const child = spawn(binary, ['serve', '--dev', '--listen=127.0.0.1:0', '--admin-listen=127.0.0.1:0', '--state-file=-', '--drain-window=0s', '--log-level=warn', ...more], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((ok) => child.on('exit', ok));
  const said = {};
  const lines = createInterface(child.stdout);
  await Promise.race([
    new Promise((ok) => {
      lines.on('line', (line) => {
        const [, name, value] = /^ {2}(Control plane|Access key|Secret key) +(\S+)/.exec(line) ?? [];
        if (name) said[name] = value;
        if (Object.keys(said).length === 3) ok();
      });
    }),
    ended.then((code) => {
      throw new Error(`parlor ended with ${code}`);
    }),
  ]);
  return {
    url: said['Control plane'],
    key: { accessKeyId: said['Access key'], secretAccessKey: said['Secret key'], region: 'us-west-2' },
    async close() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
