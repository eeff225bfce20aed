import { execFileSync, spawn } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join, resolve } from 'node:path';

const PACKAGE = resolve(__dirname, '..');

/** The service as it is shipped: bundled by its own scripts, beside its migrations. */
export interface BuiltService {
  /** Holds `dist` and `migrations`. */
  readonly folder: string;
  /** Runs one of them to its end. */
  run(entry: 'server.js' | 'migrate.js', env: NodeJS.ProcessEnv): Promise<Ended>;
  /** The environment that a process of it needs besides its own. */
  readonly env: NodeJS.ProcessEnv;
}

export interface Ended {
  readonly code: number | null;
  readonly lines: readonly { readonly level: string; readonly msg: string; readonly applied?: string[] }[];
}

export function buildService(folder: string): BuiltService {
  const outdir = join(folder, 'dist');
  for (const script of ['build:service', 'build:iam-token']) {
    execFileSync('npm', ['run', '--silent', script, '--', `--outdir=${outdir}`], { cwd: PACKAGE });
  }
  cpSync(join(PACKAGE, 'migrations'), join(folder, 'migrations'), { recursive: true });
  // The packages stay where npm put them: at the root of the repository.
  const env = { PATH: process.env['PATH'], NODE_PATH: resolve(PACKAGE, '..', '..', 'node_modules') };
  return {
    folder,
    env,
    run: (entry, more) =>
      new Promise((done, failed) => {
        const child = spawn(process.execPath, [join(outdir, entry)], {
          env: { ...env, ...more },
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        let output = '';
        child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
        child.once('error', failed).once('close', (code) => {
          const lines = output.split('\n').filter((line) => line !== '');
          done({ code, lines: lines.map((line) => JSON.parse(line) as Ended['lines'][number]) });
        });
      }),
  };
}
