import { parseSync, Visitor } from 'oxc-parser';
import type { SourceFile } from './source-files.ts';

export type ImportKind = 'static' | 'type' | 'export' | 'dynamic' | 'require' | 'import-type' | 'reference';

/** One place where a module names another. `specifier` is null where it is computed. */
export interface FoundImport {
  readonly specifier: string | null;
  readonly kind: ImportKind;
  /** Nothing of it is left at run time. */
  readonly isTypeOnly: boolean;
  /** Line in the file, from 1. */
  readonly line: number;
}

/** A construct the conventions forbid. */
export interface FoundConstruct {
  readonly construct: string;
  readonly line: number;
}

export interface ParsedModule {
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly FoundImport[];
  readonly constructs: readonly FoundConstruct[];
}

/** Reads imports and forbidden constructs of a file. Throws where the file does not parse. */
export function parseModule({ path, text }: SourceFile): ParsedModule {
  const parsed = parseSync(path, text);
  const [error] = parsed.errors;
  if (error) throw new Error(`${path} does not parse: ${error.message}`);
  const lineAt = lineFinder(text);
  const imports: FoundImport[] = [];
  const constructs: FoundConstruct[] = [];
  new Visitor(importVisitor((found) => imports.push(found), lineAt)).visit(parsed.program);
  new Visitor(constructVisitor((found) => constructs.push(found), lineAt)).visit(parsed.program);
  readComments(parsed.comments, lineAt, imports, constructs);
  return { path, lines: text.trimEnd().split('\n').length, imports, constructs };
}

type LineAt = (offset: number) => number;

function lineFinder(text: string): LineAt {
  return (offset) => text.slice(0, offset).split('\n').length;
}

/** Constant string of an expression, or null. A template without gaps is constant too. */
function constantOf(node: {
  readonly type: string;
  readonly value?: unknown;
  readonly quasis?: unknown;
}): string | null {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type !== 'TemplateLiteral' || !Array.isArray(node.quasis) || node.quasis.length !== 1) return null;
  const quasi: { value?: { cooked?: unknown } } = node.quasis[0] ?? {};
  return typeof quasi.value?.cooked === 'string' ? quasi.value.cooked : null;
}

function importVisitor(
  found: (one: FoundImport) => void,
  lineAt: LineAt,
): ConstructorParameters<typeof Visitor>[0] {
  return {
    ImportDeclaration(node) {
      const names = node.specifiers;
      const isTypeOnly =
        node.importKind === 'type' ||
        (names.length > 0 &&
          names.every((name) => name.type === 'ImportSpecifier' && name.importKind === 'type'));
      found({
        specifier: node.source.value,
        kind: isTypeOnly ? 'type' : 'static',
        isTypeOnly,
        line: lineAt(node.start),
      });
    },
    ExportNamedDeclaration(node) {
      if (node.source === null) return;
      const isTypeOnly = node.exportKind === 'type';
      found({ specifier: node.source.value, kind: 'export', isTypeOnly, line: lineAt(node.start) });
    },
    ExportAllDeclaration(node) {
      const isTypeOnly = node.exportKind === 'type';
      found({ specifier: node.source.value, kind: 'export', isTypeOnly, line: lineAt(node.start) });
    },
    ImportExpression(node) {
      found({
        specifier: constantOf(node.source),
        kind: 'dynamic',
        isTypeOnly: false,
        line: lineAt(node.start),
      });
    },
    TSImportType(node) {
      found({
        specifier: node.source.value,
        kind: 'import-type',
        isTypeOnly: true,
        line: lineAt(node.start),
      });
    },
    TSImportEqualsDeclaration(node) {
      const reference = node.moduleReference;
      if (reference.type !== 'TSExternalModuleReference') return;
      const specifier = reference.expression.value;
      found({
        specifier,
        kind: 'require',
        isTypeOnly: node.importKind === 'type',
        line: lineAt(node.start),
      });
    },
    CallExpression(node) {
      if (!isRequire(node.callee)) return;
      const [argument] = node.arguments;
      if (argument === undefined) return;
      found({
        specifier: constantOf(argument),
        kind: 'require',
        isTypeOnly: false,
        line: lineAt(node.start),
      });
    },
  };
}

/** `require(x)`, `require.resolve(x)`, `import.meta.resolve(x)`, and the same on `createRequire(y)`. */
function isRequire(callee: {
  readonly type: string;
  readonly name?: unknown;
  readonly object?: unknown;
  readonly property?: unknown;
}): boolean {
  if (callee.type === 'Identifier') return callee.name === 'require';
  if (isCreatedRequire(callee)) return true;
  if (callee.type !== 'MemberExpression') return false;
  const { object, property } = callee;
  if (!isNamed(property, 'resolve')) return false;
  return isNamed(object, 'require') || isNode(object, 'MetaProperty') || isCreatedRequire(object);
}

/** `createRequire(y)` used on the spot. */
function isCreatedRequire(value: unknown): boolean {
  if (!isNode(value, 'CallExpression')) return false;
  return (
    typeof value === 'object' && value !== null && 'callee' in value && isNamed(value.callee, 'createRequire')
  );
}

function isNode(value: unknown, type: string): boolean {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === type;
}

function isNamed(value: unknown, name: string): boolean {
  return (
    isNode(value, 'Identifier') &&
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    value.name === name
  );
}

const keptFields = new Set(['input', 'select', 'textarea']);

function constructVisitor(
  found: (one: FoundConstruct) => void,
  lineAt: LineAt,
): ConstructorParameters<typeof Visitor>[0] {
  const at =
    (construct: string) =>
    (node: { readonly start: number }): void =>
      found({ construct, line: lineAt(node.start) });
  return {
    TSAnyKeyword: at('any'),
    TSNonNullExpression: at('non-null !'),
    TSEnumDeclaration: at('enum'),
    TSParameterProperty: at('parameter property'),
    ExportDefaultDeclaration: at('default export'),
    // Browsers write what stands in other fields into their profile, to bring it back with the page (DRA-8).
    JSXOpeningElement(node) {
      if (node.name.type !== 'JSXIdentifier' || !keptFields.has(node.name.name)) return;
      const says = node.attributes.some(
        (each) =>
          each.type === 'JSXAttribute' &&
          each.name.type === 'JSXIdentifier' &&
          each.name.name === 'autoComplete',
      );
      if (!says) at('field without autoComplete')(node);
    },
    TSModuleDeclaration(node) {
      if (node.kind === 'namespace') at('namespace')(node);
    },
    TSAsExpression(node) {
      const inner = node.expression;
      if (inner.type === 'TSAsExpression' && inner.typeAnnotation.type === 'TSUnknownKeyword') {
        at('as unknown as')(node);
      }
    },
    CallExpression(node) {
      const { callee } = node;
      if (callee.type !== 'MemberExpression') return;
      const runners = ['test', 'it', 'describe', 'bench'];
      if (runners.some((name) => isNamed(callee.object, name)) && isNamed(callee.property, 'only')) {
        at('only')(node);
      }
      const isMock = ['mock', 'doMock'].some((name) => isNamed(callee.property, name));
      if (isNamed(callee.object, 'vi') && isMock) at('module mock')(node);
    },
  };
}

function readComments(
  comments: readonly { readonly value: string; readonly start: number }[],
  lineAt: LineAt,
  imports: FoundImport[],
  constructs: FoundConstruct[],
): void {
  for (const { value, start } of comments) {
    const line = lineAt(start);
    if (/^\s*@ts-(ignore|expect-error|nocheck)/m.test(value))
      constructs.push({ construct: 'ts-ignore', line });
    const [, specifier] = value.match(/^\/\s*<reference\s+(?:types|path)\s*=\s*["']([^"']+)/) ?? [];
    if (specifier !== undefined) imports.push({ specifier, kind: 'reference', isTypeOnly: true, line });
  }
}
