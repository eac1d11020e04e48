import { type ChildProcess, fork } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';

const main = join(import.meta.dirname, '..', '..', 'center', 'main.ts');
const ReadySchema = v.object({ type: v.literal('ready'), url: v.string(), pageUrl: v.string() });

/** A center in a process of its own, as a user starts it. */
export interface CenterProcess {
  readonly url: string;
  readonly pageUrl: string;
  /** kill -9 of the center alone; its PostgreSQL lives on. */
  kill(): Promise<void>;
  /** kill -9 of the center and of every process of its PostgreSQL. */
  killEverything(): Promise<void>;
  /** As an operator stops it. */
  stop(): Promise<number | null>;
}

/** Runs `center/main.ts` with the given arguments; resolves when it ended. */
export async function runCenter(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const child = fork(main, [...args], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
  }
  return { code: await ended(child), output };
}

/** Starts `serve` and waits until it is ready. `environment` comes on top of the usual one. */
export async function serveCenter(
  dataFolder: string,
  more: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<CenterProcess> {
  const child = fork(main, ['serve', '--data-folder', dataFolder, ...more], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let complaints = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints += chunk.toString('utf8');
  });
  const ready = await new Promise<v.InferOutput<typeof ReadySchema>>((resolve, reject) => {
    child.once('message', (message) => resolve(v.parse(ReadySchema, message)));
    child.once('exit', (code) => reject(new Error(`the center ended with ${code}: ${complaints}`)));
  });
  const kill = async () => {
    child.kill('SIGKILL');
    await ended(child);
  };
  return {
    ...ready,
    kill,
    killEverything: async () => {
      const postgres = postmasterOf(dataFolder);
      const processes = [postgres, ...childrenOf(postgres)];
      child.kill('SIGKILL');
      for (const pid of processes) killHard(pid);
      await ended(child);
    },
    stop: async () => {
      child.kill('SIGTERM');
      return await ended(child);
    },
  };
}

function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once('exit', resolve));
}

/** The process id of the PostgreSQL on a center's data folder. */
export const postmasterOf = (dataFolder: string) =>
  Number(readFileSync(join(dataFolder, 'postgres', 'cluster', 'postmaster.pid'), 'utf8').split('\n')[0]);

/** Linux only: the children of a process. */
function childrenOf(parent: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
      } catch {
        return false;
      }
    })
    .map(Number);
}

function killHard(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}
