import { beforeAll, describe, expect, test } from 'vitest';
import { type ParsedModule, parseModule } from './parsed-module.ts';
import { readSourceFiles } from './source-files.ts';
import { mostLines, sourceBreaches } from './source-rules.ts';

let modules: readonly ParsedModule[];
beforeAll(async () => {
  modules = (await readSourceFiles()).map(parseModule);
});

const breachesOf = (path: string, text: string): readonly string[] =>
  sourceBreaches(parseModule({ path, text }));

test('the house keeps its conventions', () => {
  expect(modules.flatMap(sourceBreaches)).toEqual([]);
});

describe('the check itself', () => {
  test.each([
    ['any', 'export const a: any = 1;'],
    ['any', 'export const a = (b: Map<string, any[]>) => b;'],
    ['any', 'export const a = 1 as any;'],
    ['as unknown as', 'export const a = 1 as unknown as string;'],
    ['non-null !', 'export const a = (b?: string) => b!.length;'],
    ['enum', 'export enum A { B }'],
    ['namespace', 'export namespace A { export const b = 1; }'],
    ['parameter property', 'export class A { constructor(private readonly b: string) {} }'],
    ['default export', 'export default 1;'],
    ['ts-ignore', '// @ts-ignore\nexport const a = 1;'],
    ['ts-ignore', '/* @ts-expect-error */\nexport const a = 1;'],
    ['ts-ignore', '// @ts-nocheck\nexport const a = 1;'],
    ['only', `import { test } from 'vitest';\ntest.only('a', () => {});`],
    ['only', `import { describe } from 'vitest';\ndescribe.only('a', () => {});`],
    ['module mock', `import { vi } from 'vitest';\nvi.mock('a');`],
  ])('finds %s in %j', (construct, text) => {
    expect(breachesOf('store/planted.ts', text).join()).toMatch(new RegExp(`: ${construct}$`));
  });

  test.each(['input', 'select', 'textarea'])('finds <%s> that says nothing of autoComplete', (tag) => {
    const field = (attributes: string) => `export const a = () => <${tag} ${attributes} />;`;
    expect(breachesOf('renderer/planted.tsx', field('id="a"'))).toEqual([
      'renderer/planted.tsx:1: field without autoComplete',
    ]);
    expect(breachesOf('renderer/planted.tsx', field('id="a" autoComplete="off"'))).toEqual([]);
  });

  test('finds nothing in plain text', () => {
    const text = `/** Not any more. */\nexport const a = (b: unknown): string => String(b) + 'as unknown as any';`;
    expect(breachesOf('store/planted.ts', text)).toEqual([]);
  });

  test('lets a tool configuration export its default', () => {
    expect(breachesOf('renderer/vite.config.ts', 'export default {};')).toEqual([]);
  });

  test('finds a file that is too long, and not one line earlier', () => {
    const line = 'export {};\n';
    expect(breachesOf('store/planted.ts', line.repeat(mostLines))).toEqual([]);
    expect(breachesOf('store/planted.ts', line.repeat(mostLines + 1))).toHaveLength(1);
  });

  test.each([
    'store/utils.ts',
    'store/helpers/a.ts',
    'store/index.ts',
    'store/PatientIndex.ts',
    'store/a_b.ts',
  ])('finds the name %s', (path) => {
    expect(breachesOf(path, 'export const a = 1;')).toHaveLength(1);
  });
});
