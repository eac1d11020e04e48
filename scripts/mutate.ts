import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { everyMutation } from '#testing/mutations/every-mutation.ts';
import { describeTrap, type Mutation, type Trap } from '#testing/mutations/mutation.ts';
import { projectFolder } from './steps.ts';
import { outcomeOfSimulation, outcomeOfTests, type TrapOutcome } from './trap-outcome.ts';

/**
 * Plants one bug after the other in a copy of the source tree, runs the tests that must catch it, and prints who did:
 * `npm run mutate`, or `npm run mutate -- --only "no epoch,naive sequence"`. Fails if one survives, or keeps the program from
 * loading: that says nothing of the tests.
 */
const options = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    /** Whether each test is first seen to pass without the bug. */
    trusting: { type: 'boolean', default: false },
  },
}).values;

const minute = 60_000;
const limitMs = 6 * minute;
const names = options.only.split(',').filter((name) => name !== '');
const mutations = everyMutation.filter(({ name }) => names.length === 0 || names.includes(name));
for (const name of names) {
  if (!mutations.some((mutation) => mutation.name === name)) throw new Error(`no mutation ${name}`);
}

let running: ChildProcess | undefined;
/** What the test that runs now reports or prints. */
const report = join(mkdtempSync(join(tmpdir(), 'hamshira-trap-')), 'report');
const copy = mkdtempSync(join(tmpdir(), 'hamshira-mutations-'));
process.on('exit', () => {
  end(running);
  rmSync(copy, { recursive: true, force: true });
  rmSync(dirname(report), { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));

copyProject();
const soundness = new Map<string, boolean>();
const rows: (readonly [name: string, verdict: string])[] = [];
let survivors = 0;
for (const mutation of mutations) {
  const verdict = await judge(mutation);
  rows.push([mutation.name, verdict]);
  console.log(`${mutation.name}: ${verdict}`);
}
console.log('');
const width = Math.max(...rows.map(([name]) => name.length));
for (const [name, verdict] of rows) console.log(`| ${name.padEnd(width)} | ${verdict} |`);
console.log(
  `${mutations.length} planted, ${mutations.length - survivors} caught or equivalent, ${survivors} survived`,
);
process.exit(survivors === 0 ? 0 : 1);

/** Everything but what is made from it, and what is installed. */
function copyProject(): void {
  const left = ['node_modules', '.git', '.cache', 'dist'];
  cpSync(projectFolder, copy, {
    recursive: true,
    filter: (path) => !left.includes(relative(projectFolder, path)),
  });
  symlinkSync(join(projectFolder, 'node_modules'), join(copy, 'node_modules'));
}

async function judge(mutation: Mutation): Promise<string> {
  const traps: Trap[] = [];
  for (const trap of mutation.traps) if (options.trusting || (await isSound(trap))) traps.push(trap);
  const takeOut = plant(mutation);
  if (takeOut === undefined) {
    survivors += 1;
    return 'NOT PLANTED: the code has changed';
  }
  try {
    for (const trap of traps) {
      const outcome = await spring(trap);
      if (outcome === 'failed') return `caught by ${describeTrap(trap)}`;
      if (outcome === 'timeout') return `caught by ${describeTrap(trap)} (it never ended)`;
      if (outcome === 'not-run') {
        survivors += 1;
        return `NOT LOADED by ${describeTrap(trap)}: no test of it began`;
      }
    }
    if (mutation.equivalent !== undefined) return `equivalent: ${mutation.equivalent}`;
    survivors += 1;
    return `SURVIVED (${mutation.why})`;
  } finally {
    takeOut();
  }
}

/** A test that fails anyway catches nothing: it is passed over, and said so. */
async function isSound(trap: Trap): Promise<boolean> {
  const key = JSON.stringify(trap);
  const known = soundness.get(key);
  if (known !== undefined) return known;
  const isPassing = (await spring(trap)) === 'passed';
  soundness.set(key, isPassing);
  if (!isPassing) console.log(`${describeTrap(trap)} fails without any bug`);
  return isPassing;
}

/** Puts the bug in; returns what takes it out, undefined if the code is no longer as the bug expects it. */
function plant(mutation: Mutation): (() => void) | undefined {
  const originals = new Map<string, string>();
  for (const { file, find, replace } of mutation.edits) {
    const path = join(copy, file);
    const text = readFileSync(path, 'utf8');
    if (!originals.has(path)) originals.set(path, text);
    if (text.split(find).length !== 2) {
      restore(originals);
      return undefined;
    }
    writeFileSync(
      path,
      text.replace(find, () => replace),
    );
  }
  return () => restore(originals);
}

function restore(originals: ReadonlyMap<string, string>): void {
  for (const [path, text] of originals) writeFileSync(path, text);
}

function spring(trap: Trap): Promise<TrapOutcome> {
  rmSync(report, { force: true });
  const printed = trap.kind === 'simulate' ? openSync(report, 'w') : undefined;
  const child = spawn(process.execPath, argumentsOf(trap), {
    cwd: copy,
    stdio: ['ignore', printed ?? 'ignore', 'ignore'],
    // A group of its own, so that what the test started ends with it.
    detached: true,
  });
  if (printed !== undefined) closeSync(printed);
  running = child;
  return new Promise((resolve) => {
    let isLate = false;
    const limit = setTimeout(() => {
      isLate = true;
      end(child);
    }, limitMs);
    child.on('exit', (code) => {
      clearTimeout(limit);
      end(child);
      running = undefined;
      resolve(isLate ? 'timeout' : outcomeOf(trap, code === 0));
    });
  });
}

function outcomeOf(trap: Trap, isGood: boolean): TrapOutcome {
  const text = existsSync(report) ? readFileSync(report, 'utf8') : '';
  return trap.kind === 'simulate' ? outcomeOfSimulation(isGood, text) : outcomeOfTests(isGood, text);
}

function argumentsOf(trap: Trap): readonly string[] {
  if (trap.kind !== 'simulate') {
    const title = trap.title === undefined ? [] : ['-t', trap.title];
    return [
      'node_modules/vitest/vitest.mjs',
      'run',
      `--project=${trap.kind}`,
      '--bail=1',
      '--reporter=json',
      `--outputFile=${report}`,
      trap.path,
      ...title,
    ];
  }
  const { seed, years, days, only = '', times = 1 } = trap;
  const numbers = { seed, years, days, times, processes: 1 };
  const flags = Object.entries(numbers).map(([name, value]) => `--${name}=${value}`);
  return ['scripts/simulate.ts', ...flags, `--only=${only}`];
}

/** Ends the child and whatever it started. */
function end(child: ChildProcess | undefined): void {
  if (child?.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
