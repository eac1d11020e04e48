import type { ParsedModule } from './parsed-module.ts';
import { mayExportDefault } from './rooms.ts';

/** A file longer than this is two files. */
export const mostLines = 400;

/** Every breach of the conventions on source text in one module, as `path:line: what`. */
export function sourceBreaches(module: ParsedModule): readonly string[] {
  const constructs = module.constructs
    .filter(({ construct }) => !(construct === 'default export' && mayExportDefault(module.path)))
    .map(({ construct, line }) => `${module.path}:${line}: ${construct}`);
  return [...constructs, ...lengthBreaches(module), ...nameBreaches(module)];
}

function lengthBreaches({ path, lines }: ParsedModule): readonly string[] {
  return lines > mostLines ? [`${path}: ${lines} lines, at most ${mostLines}`] : [];
}

const emptyNames = new Set(['utils', 'util', 'helpers', 'helper', 'manager', 'common', 'misc', 'index']);

function nameBreaches({ path }: ParsedModule): readonly string[] {
  const parts = path.split('/');
  const file = parts.at(-1) ?? path;
  const breaches: string[] = [];
  if (file !== file.toLowerCase() || file.includes('_')) breaches.push(`${path}: not in kebab-case`);
  const stems = parts.map((part) => part.split('.')[0] ?? part);
  if (stems.some((stem) => emptyNames.has(stem))) breaches.push(`${path}: a name that says nothing`);
  return breaches;
}
