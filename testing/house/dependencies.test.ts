import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { expect, it } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const PackagesSchema = v.record(v.string(), v.string());
const ManifestSchema = v.object({
  dependencies: PackagesSchema,
  optionalDependencies: PackagesSchema,
  devDependencies: PackagesSchema,
});

it('every package has its reason in docs/dependencies.md, at an exact version, and none is named that is not there', () => {
  const manifest = v.parse(ManifestSchema, JSON.parse(read('package.json')));
  const versionsByPackage = {
    ...manifest.dependencies,
    ...manifest.optionalDependencies,
    ...manifest.devDependencies,
  };
  const rows = read('docs/dependencies.md').matchAll(/^\| (`[^|]+`) \| ([^|]+) \|$/gm);
  const explained = [...rows].flatMap(([, names = '']) =>
    [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  );
  expect([...explained].sort()).toEqual(Object.keys(versionsByPackage).sort());
  expect(Object.entries(versionsByPackage).filter(([, version]) => !/^\d+\.\d+\.\d+/.test(version))).toEqual(
    [],
  );
});
