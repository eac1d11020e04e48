import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { beforeAll, describe, expect, test } from 'vitest';
import { type DeclaredPackages, importBreaches } from './import-rules.ts';
import { type ParsedModule, parseModule } from './parsed-module.ts';
import { projectFolder, readSourceFiles } from './source-files.ts';

const PackageSchema = v.object({
  dependencies: v.record(v.string(), v.string()),
  devDependencies: v.record(v.string(), v.string()),
});

/** Fewer than this were seen only if the reading or the parsing broke: raise it as the house grows. */
const fewestFiles = 60;
const fewestImports = 250;
const fewestCrossings = 60;

let modules: readonly ParsedModule[];
let declared: DeclaredPackages;

beforeAll(async () => {
  modules = (await readSourceFiles()).map(parseModule);
  const text = await readFile(join(projectFolder, 'package.json'), 'utf8');
  const found = v.parse(PackageSchema, JSON.parse(text));
  declared = {
    product: new Set(Object.keys(found.dependencies)),
    development: new Set(Object.keys(found.devDependencies)),
  };
});

const breachesOf = (path: string, text: string): readonly string[] =>
  importBreaches(parseModule({ path, text }), declared);

describe('the house', () => {
  test('every import is one its room may make', () => {
    expect(modules.flatMap((module) => importBreaches(module, declared))).toEqual([]);
  });

  test('the check has seen the whole house', () => {
    const imports = modules.flatMap((module) => module.imports);
    const rooms = new Set(modules.map(({ path }) => path.split('/')[0]));
    expect(modules.length).toBeGreaterThan(fewestFiles);
    expect(imports.length).toBeGreaterThan(fewestImports);
    expect(imports.filter(({ specifier }) => specifier?.startsWith('#')).length).toBeGreaterThan(
      fewestCrossings,
    );
    for (const room of ['contracts', 'clinic', 'store', 'sync', 'access', 'workstation']) {
      expect(rooms).toContain(room);
    }
    for (const room of ['electron', 'renderer', 'center', 'testing', 'scripts'])
      expect(rooms).toContain(room);
  });
});

describe('the check itself', () => {
  test.each([
    ['static', `import { a } from '#store/a.ts';`],
    ['bare', `import '#store/a.ts';`],
    ['type', `import type { a } from '#store/a.ts';`],
    ['inline type', `import { type a } from '#store/a.ts';`],
    ['namespace', `import * as a from '#store/a.ts';`],
    ['export from', `export { a } from '#store/a.ts';`],
    ['export all', `export * from '#store/a.ts';`],
    ['export type', `export type { a } from '#store/a.ts';`],
    ['export namespace', `export * as a from '#store/a.ts';`],
    ['dynamic', `export const a = async () => await import('#store/a.ts');`],
    ['dynamic template', 'export const a = async () => await import(`#store/a.ts`);'],
    ['import type expression', `export type A = import('#store/a.ts').A;`],
    ['type of import', `export type A = typeof import('#store/a.ts');`],
    ['require', `export const a = require('#store/a.ts');`],
    ['import equals', `import a = require('#store/a.ts');`],
    ['resolve', `export const a = import.meta.resolve('#store/a.ts');`],
    [
      'created require',
      `import { createRequire } from 'node:module';\nexport const a = createRequire(import.meta.url)('#store/a.ts');`,
    ],
    [
      'created resolve',
      `import { createRequire } from 'node:module';\nexport const a = createRequire(import.meta.url).resolve('#store/a.ts');`,
    ],
    ['reference', `/// <reference path="../store/a.ts" />\nexport const a = 1;`],
    ['deep inside', `export function a() { return () => { if (true) return import('#store/a.ts'); }; }`],
    ['after a comment', `// import { a } from 'valibot';\n/* */ import { b } from '#store/a.ts';`],
  ])('sees a forbidden import written as %s', (_name, text) => {
    expect(breachesOf('contracts/planted.ts', text)).not.toEqual([]);
    expect(breachesOf('sync/planted.ts', text)).not.toEqual([]);
  });

  test('does not see imports in comments and strings', () => {
    const text = `// import '#store/a.ts'\nexport const a = "import '#store/a.ts'";`;
    expect(breachesOf('contracts/planted.ts', text)).toEqual([]);
  });

  test.each([
    ['contracts/a.ts', '#clinic/forms/a.ts'],
    ['contracts/a.ts', 'rxjs'],
    ['contracts/a.ts', 'node:fs'],
    ['clinic/a.ts', '#store/a.ts'],
    ['clinic/a.ts', 'node:crypto'],
    ['store/a.ts', '#sync/a.ts'],
    ['store/a.ts', '#clinic/forms/a.ts'],
    ['store/a.ts', '#workstation/a.ts'],
    ['store/a.test.ts', '#testing/a.ts'],
    ['store/a.ts', 'rxdb/plugins/test-utils'],
    ['store/a.ts', 'rxdb/plugins/dev-mode'],
    ['store/a.ts', 'vitest'],
    ['store/a.ts', 'ws'],
    ['sync/a.ts', '#access/a.ts'],
    ['sync/a.ts', '#store/a.ts'],
    ['sync/a.ts', '#center/a.ts'],
    ['access/a.ts', '#store/a.ts'],
    ['workstation/a.ts', '#electron/a.ts'],
    ['workstation/a.ts', '#center/a.ts'],
    ['workstation/a.ts', '#testing/district/a.ts'],
    ['workstation/a.ts', './main-development.ts'],
    ['workstation/a.ts', './a.test.ts'],
    ['workstation/main.ts', '#center/a.ts'],
    ['workstation/main.ts', '#renderer/a.ts'],
    ['renderer/a.tsx', '#workstation/a.ts'],
    ['renderer/a.tsx', '#clinic/ports/replica.ts'],
    ['renderer/a.tsx', '#clinic/actions/a.ts'],
    ['renderer/a.tsx', '#store/a.ts'],
    ['renderer/a.tsx', 'node:path'],
    ['renderer/a.tsx', 'path'],
    ['renderer/a.tsx', 'rxdb'],
    ['renderer/a.tsx', '@signalapp/sqlcipher'],
    ['center/a.ts', '#sync/outbox/a.ts'],
    ['center/a.ts', '#store/a.ts'],
    ['center/a.ts', '#clinic/forms/a.ts'],
    ['electron/a.ts', '#clinic/forms/a.ts'],
    ['electron/a.ts', '#renderer/a.ts'],
    ['scripts/a.ts', '#renderer/a.tsx'],
    ['store/a.ts', '../contracts/ids.ts'],
    ['store/deep/a.ts', '../../sync/a.ts'],
    ['store/a.ts', '../../elsewhere.ts'],
    ['store/a.ts', 'fs'],
    ['store/a.ts', 'lodash'],
    ['testing/a.ts', 'lodash'],
    ['store/a.ts', 'https://example.org/a.js'],
    ['cellar/a.ts', '#store/a.ts'],
  ])('%s may not import %s', (path, specifier) => {
    expect(breachesOf(path, `import { a } from '${specifier}';`)).not.toEqual([]);
  });

  test.each([
    ['contracts/a.ts', 'valibot'],
    ['contracts/a.ts', './ids.ts'],
    ['clinic/a.ts', '#contracts/ids.ts'],
    ['store/a.ts', '#clinic/ports/replica.ts'],
    ['store/a.ts', 'rxdb/plugins/core'],
    ['store/a.test.ts', 'rxdb/plugins/test-utils'],
    ['store/a.test.ts', 'vitest'],
    ['workstation/a.ts', '#store/a.ts'],
    ['workstation/main.ts', '#store/a.ts'],
    ['electron/workstation-process.ts', '#store/a.ts'],
    ['renderer/a.tsx', '#clinic/forms/vitals.ts'],
    ['renderer/a.tsx', '#clinic/ports/clock.ts'],
    ['renderer/vite.config.ts', 'node:path'],
    ['renderer/vite.config.ts', 'vite'],
    ['center/a.ts', '#sync/merge/merge.ts'],
    ['scripts/a.ts', '#testing/district/a.ts'],
    ['testing/a.ts', '#store/a.ts'],
    ['testing/a.ts', 'playwright-core'],
  ])('%s may import %s', (path, specifier) => {
    expect(breachesOf(path, `import { a } from '${specifier}';`)).toEqual([]);
  });

  test('only a root joins adapters of several rooms', () => {
    const text = `import { a } from '#store/a.ts';\nimport { b } from '#sync/b.ts';`;
    expect(breachesOf('workstation/a.ts', text)).toHaveLength(1);
    expect(breachesOf('workstation/main.ts', text)).toEqual([]);
    expect(breachesOf('workstation/a.ts', text.replace('import', 'import type'))).toEqual([]);
  });

  test('a computed import is for roots only', () => {
    const text = 'export const load = (name: string) => import(name);';
    expect(breachesOf('store/a.ts', text)).toHaveLength(1);
    expect(breachesOf('scripts/a.ts', text)).toEqual([]);
  });

  test('says where', () => {
    expect(breachesOf('sync/a.ts', `\n\nimport '#store/a.ts';`)[0]).toMatch(/^sync\/a\.ts:3: /);
  });
});
