import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { getConfig } from 'app-builder-lib/out/util/config/config.js';
import * as v from 'valibot';
import { beforeAll, expect, test } from 'vitest';

const projectFolder = fileURLToPath(new URL('..', import.meta.url));
let config: object;
let isValid: (candidate: unknown) => boolean;

beforeAll(async () => {
  const path = join(projectFolder, 'node_modules', 'app-builder-lib', 'scheme.json');
  const schema = v.parse(v.record(v.string(), v.unknown()), JSON.parse(await readFile(path, 'utf8')));
  // The schema describes functions and marks deprecations, which Ajv knows nothing of.
  const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);
  isValid = (candidate) => validate(candidate);
  config = await getConfig(projectFolder, 'electron-builder.yml', null);
});

test('the configuration is one that electron-builder takes', () => {
  expect(isValid(config)).toBe(true);
});

test.each([
  ['an unknown option', { perMashine: true }],
  ['a misspelt fuse', { electronFuses: { runAsNodes: false } }],
  ['a wrong type', { nsis: { perMachine: 'yes' } }],
  ['an unknown target', { linux: { target: 7 } }],
])('the schema refuses %s', (_name, wrong) => {
  expect(isValid({ ...config, ...wrong })).toBe(false);
});

test('uninstalling keeps the records, and a build publishes nothing', () => {
  expect(config).toMatchObject({
    nsis: { perMachine: true, deleteAppDataOnUninstall: false, oneClick: false, license: 'LICENSE' },
    publish: null,
  });
});

test('every fuse that opens the program is off', () => {
  expect(config).toMatchObject({
    electronFuses: {
      runAsNode: false,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      grantFileProtocolExtraPrivileges: false,
      enableCookieEncryption: true,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
    },
  });
});

test('native code is unpacked', () => {
  expect(config).toMatchObject({ asar: true, asarUnpack: expect.arrayContaining(['**/*.node']) });
});

test('the package installs what readers need on Linux', async () => {
  const rules = 'packaging/linux/70-hamshira-readers.rules';
  expect(config).toMatchObject({
    deb: {
      fpm: [`${rules}=/usr/lib/udev/rules.d/70-hamshira-readers.rules`],
      depends: expect.arrayContaining(['libusb-1.0-0', 'libudev1']),
    },
    linux: { extraResources: [{ from: rules, to: '70-hamshira-readers.rules' }] },
  });
  expect(await readFile(join(projectFolder, rules), 'utf8')).toContain('TAG+="uaccess"');
});
