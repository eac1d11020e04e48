import { readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parseModule } from '../house/parsed-module.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** Roots that go to clinics. */
const releaseRoots = [
  'workstation/main.ts',
  'electron/workstation-process.ts',
  'electron/main.ts',
  'center/main.ts',
];

/** Every file of ours that is reached from `root` by imports of values or types, threads included. */
function reachedFrom(root: string): ReadonlySet<string> {
  const reached = new Set<string>();
  const waiting = [root];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    waiting.push(...targetsOf(path));
  }
  return reached;
}

const targetsByPath = new Map<string, readonly string[]>();

function targetsOf(path: string): readonly string[] {
  const known = targetsByPath.get(path) ?? readTargets(path);
  targetsByPath.set(path, known);
  return known;
}

function readTargets(path: string): readonly string[] {
  const source = readFileSync(join(project, path), 'utf8');
  const imported = parseModule({ path, text: source }).imports.flatMap(
    ({ specifier }) => ownPath(path, specifier) ?? [],
  );
  const threads = [...source.matchAll(/new URL\(\s*['"](\.[^'"]+\.ts)['"],\s*import\.meta\.url/g)];
  return [...imported, ...threads.flatMap(([, specifier = '']) => ownPath(path, specifier) ?? [])];
}

function ownPath(path: string, specifier: string | null): string | undefined {
  if (specifier?.startsWith('#')) return specifier.slice(1);
  if (!specifier?.startsWith('.')) return undefined;
  const target = relative(project, normalize(join(project, dirname(path), specifier)));
  return /\.tsx?$/.test(target) ? target : undefined;
}

/** Devices made of software, and what plays bytes to drivers in tests. */
const simulated = (root: string) =>
  [...reachedFrom(root)].filter((path) =>
    /^(access\/simulated\/|testing\/)|\/(doubles|frames)\.ts$/.test(path),
  );

test.each(releaseRoots)('%s reaches no simulated device (ACC-9)', (root) => {
  expect(simulated(root)).toEqual([]);
});

test('the walk does find them from the development root, and follows threads', () => {
  expect(simulated('workstation/main-development.ts')).toContain('access/simulated/simulated-key.ts');
  expect([...reachedFrom('workstation/main.ts')]).toContain('access/argon2-worker.ts');
  expect(reachedFrom('workstation/main.ts').size).toBeGreaterThan(100);
});

test('only release roots of workstations reach real devices (DEV-9)', () => {
  const shelf = 'access/devices/real-shelf.ts';
  expect(reachedFrom('workstation/main.ts')).toContain(shelf);
  expect(reachedFrom('electron/workstation-process.ts')).toContain(shelf);
  expect(reachedFrom('workstation/main-development.ts')).not.toContain(shelf);
});
