import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const projectFolder = fileURLToPath(new URL('../../', import.meta.url));

/** `npm start` as somebody at a terminal sees it: its output, its keys. */
export interface Terminal {
  /** Everything printed so far. */
  output(): string;
  /** The first match in what is printed after `from`; waits for it. Rejects when the program ends or after `limitMs`. */
  find(pattern: RegExp, limitMs: number, from?: number): Promise<RegExpMatchArray>;
  press(key: 'c' | 'w' | 'n' | 's' | 'q'): void;
  /** Exit code, once it ended. */
  readonly ended: Promise<number | null>;
  /** For tidying up: ends it whatever it does. */
  end(): Promise<void>;
}

/** Starts the project's start script as npm does, on `dataFolder`. */
export function startInTerminal(dataFolder: string, ...options: readonly string[]): Terminal {
  const line = ['scripts/node24.mjs', 'scripts/start.ts', '--data', dataFolder, '--no-open', ...options];
  const child: ChildProcessWithoutNullStreams = spawn('node', line, {
    cwd: projectFolder,
    env: newcomersEnvironment(process.env),
  });
  let output = '';
  const waiting = new Set<() => void>();
  const look = (): void => {
    for (const each of [...waiting]) each();
  };
  const hear = (data: Buffer): void => {
    output += data.toString('utf8');
    look();
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  let hasEnded = false;
  const ended = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)));
  void ended.then(() => {
    hasEnded = true;
    look();
  });

  const find = (pattern: RegExp, limitMs: number, from = 0): Promise<RegExpMatchArray> =>
    new Promise((resolve, reject) => {
      const finish = (act: () => void): void => {
        waiting.delete(attempt);
        clearTimeout(limit);
        act();
      };
      const attempt = (): void => {
        const found = output.slice(from).match(pattern);
        if (found) finish(() => resolve(found));
        else if (hasEnded)
          finish(() => reject(new Error(`the program ended without ${pattern}:\n${output}`)));
      };
      const limit = setTimeout(() => {
        finish(() => reject(new Error(`${pattern} was not printed within ${limitMs} ms:\n${output}`)));
      }, limitMs);
      waiting.add(attempt);
      attempt();
    });

  return {
    output: () => output,
    find,
    press: (key) => void child.stdin.write(`${key}\n`),
    ended,
    async end() {
      if (hasEnded) return;
      child.kill('SIGTERM');
      const limit = setTimeout(() => child.kill('SIGKILL'), 30_000);
      await ended;
      clearTimeout(limit);
    },
  };
}

/** Without what the test runner added: it would build screens for tests. */
function newcomersEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = /^(NODE_ENV|NODE_OPTIONS|TEST|VITE.*|VITEST.*|DEV|PROD|MODE|SSR|BASE_URL)$/;
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !own.test(name)));
}
