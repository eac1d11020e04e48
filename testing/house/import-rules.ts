import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import type { FoundImport, ParsedModule } from './parsed-module.ts';
import {
  adapterRooms,
  closedPaths,
  forbiddenModules,
  isRoot,
  isTest,
  isToolConfiguration,
  mayComputeImports,
  type RoomRules,
  rulesByRoom,
} from './rooms.ts';

/** Names of the packages that package.json declares. */
export interface DeclaredPackages {
  readonly product: ReadonlySet<string>;
  readonly development: ReadonlySet<string>;
}

/** What an import points at. */
type Target =
  | { readonly kind: 'own'; readonly path: string }
  | { readonly kind: 'room'; readonly path: string; readonly room: string; readonly isRelative: boolean }
  | { readonly kind: 'node' }
  | { readonly kind: 'package'; readonly name: string; readonly specifier: string }
  | { readonly kind: 'outside' };

/** Every breach of the import rules in one module, as `path:line: what`. */
export function importBreaches(module: ParsedModule, declared: DeclaredPackages): readonly string[] {
  const breaches = module.imports.flatMap((found) =>
    breachesOf(module.path, found, declared).map((what) => `${module.path}:${found.line}: ${what}`),
  );
  return [...breaches, ...joiningBreaches(module)];
}

function breachesOf(path: string, found: FoundImport, declared: DeclaredPackages): readonly string[] {
  const { specifier } = found;
  if (specifier === null) return mayComputeImports(path) ? [] : ['imports something computed; name it'];
  const target = targetOf(path, specifier);
  if (target.kind === 'own') return ownBreaches(path, target.path);
  if (target.kind === 'outside') return [`imports ${specifier}, outside of the project`];
  const rules = rulesByRoom[roomOf(path)];
  if (rules === undefined) return target.kind === 'room' ? [`${path} belongs to no room`] : [];
  if (target.kind === 'node') return nodeBreaches(path, specifier, rules);
  if (target.kind === 'room') return roomBreaches(path, target, rules);
  return packageBreaches(path, found, target, rules, declared);
}

function ownBreaches(path: string, target: string): readonly string[] {
  if (!isTest(path) && isTest(target)) return [`imports the test ${target}`];
  const isEntrance = isRoot(target) && !/^(scripts|testing)\//.test(target) && !/^renderer\//.test(target);
  return isEntrance && !isTest(path) && !isRoot(path) ? [`imports the root ${target}`] : [];
}

function nodeBreaches(path: string, specifier: string, rules: RoomRules): readonly string[] {
  if (!specifier.startsWith('node:')) return [`writes ${specifier} without node:`];
  const mayUse = rules.hasNode || isTest(path) || isToolConfiguration(path);
  return mayUse ? [] : [`imports ${specifier}; ${roomOf(path)} runs without Node`];
}

function roomBreaches(
  path: string,
  target: Extract<Target, { kind: 'room' }>,
  rules: RoomRules,
): readonly string[] {
  const breaches: string[] = [];
  if (target.isRelative) breaches.push(`reaches ${target.path} by a relative path; write #${target.path}`);
  const isWithin = (folder: string) => target.path.startsWith(`${folder}/`);
  const isClosed = (closedPaths[roomOf(path)] ?? []).some((start) => target.path.startsWith(start));
  const isOpen = rules.rooms.some(isWithin) && !isClosed;
  // A root joins what the design lets it join, which is more than its room; testing and screens stay out of reach.
  const isJoined =
    isRoot(path) && ['contracts', 'clinic', 'store', 'sync', 'access', 'workstation'].some(isWithin);
  if (!isOpen && !isJoined) breaches.push(`imports ${target.path}; ${roomOf(path)} may not`);
  return breaches;
}

function packageBreaches(
  path: string,
  found: FoundImport,
  target: Extract<Target, { kind: 'package' }>,
  rules: RoomRules,
  declared: DeclaredPackages,
): readonly string[] {
  const isTool = isTest(path) || isToolConfiguration(path) || path.startsWith('scripts/');
  const breaches: string[] = [];
  for (const { prefix, why, testsMay } of forbiddenModules) {
    const isAllowed = testsMay === true && isTest(path);
    if (target.specifier.startsWith(prefix) && !isAllowed) breaches.push(`imports ${prefix}: ${why}`);
  }
  const isDeclared = declared.product.has(target.name) || declared.development.has(target.name);
  if (!isDeclared && !isTypesOf(target.name, found, declared)) {
    return [...breaches, `imports ${target.name}, which package.json does not declare`];
  }
  if (isTool) return breaches;
  if (!rules.packages.includes(target.name)) breaches.push(`imports ${target.name}; ${roomOf(path)} may not`);
  const isSupplied = declared.product.has(target.name) || found.isTypeOnly || target.name === 'electron';
  if (!isSupplied) breaches.push(`imports ${target.name}, a development package`);
  return breaches;
}

/** `vite/client` and the like: types alone, from a declared package. */
function isTypesOf(name: string, found: FoundImport, declared: DeclaredPackages): boolean {
  return found.kind === 'reference' && declared.development.has(`@types/${name}`);
}

/** A file that uses adapters of several rooms is a root, or it is in the wrong place. */
function joiningBreaches(module: ParsedModule): readonly string[] {
  if (isRoot(module.path) || isTest(module.path)) return [];
  const joined = new Set<string>();
  for (const { specifier, isTypeOnly } of module.imports) {
    if (specifier === null || isTypeOnly) continue;
    const target = targetOf(module.path, specifier);
    const isPure = target.kind === 'room' && /^sync\/(merge|packing)\//.test(target.path);
    if (target.kind !== 'room' || isPure) continue;
    if (adapterRooms.some((room) => room === target.room)) joined.add(target.room);
  }
  return joined.size < 2 ? [] : [`${module.path}: joins ${[...joined].join(' and ')}; only a root may`];
}

function targetOf(path: string, specifier: string): Target {
  if (specifier.startsWith('#')) {
    const target = specifier.slice(1);
    const room = roomOf(target);
    return { kind: 'room', path: target, room, isRelative: false };
  }
  if (specifier.startsWith('.')) {
    const target = posix.normalize(posix.join(posix.dirname(path), specifier));
    if (target.startsWith('../')) return { kind: 'outside' };
    const room = roomOf(target);
    if (room === roomOf(path) || !(room in rulesByRoom)) return { kind: 'own', path: target };
    return { kind: 'room', path: target, room, isRelative: true };
  }
  if (specifier.startsWith('/') || /^[a-z]+:\/\//.test(specifier)) return { kind: 'outside' };
  if (specifier.startsWith('node:') || builtinModules.includes(specifier)) return { kind: 'node' };
  return { kind: 'package', name: packageNameOf(specifier), specifier };
}

const roomOf = (path: string): string => path.split('/')[0] ?? path;

const packageNameOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
