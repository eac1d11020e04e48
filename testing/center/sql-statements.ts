import { globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';

/** One SQL text in the center's source, without line breaks. What is put in at run time reads `§`. */
export interface FoundStatement {
  readonly file: string;
  readonly text: string;
}

const root = join(import.meta.dirname, '..', '..');
const looksLikeSql =
  /^(select\s|insert into \w+|update \w+ set\s|delete from \w+|with \w+ as|create (table|index|unique|or)|alter table|listen |notify )/i;

/** All SQL of the center's modules, tests left out. Constant texts of the same file are put in where they are used. */
export function findStatements(): readonly FoundStatement[] {
  return globSync(join(root, 'center', '**', '*.ts'))
    .filter((path) => !path.endsWith('.test.ts'))
    .flatMap((path) => statementsOf(relative(root, path), readFileSync(path, 'utf8')));
}

/** The SQL texts of one module. */
export function statementsOf(file: string, source: string): readonly FoundStatement[] {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file} does not parse`);
  const constants = new Map<string, string>();
  const texts: string[] = [];
  const textOf = (node: { readonly type: string }): string | undefined => {
    if (isTemplate(node)) {
      return node.quasis
        .map(
          ({ value }, index) =>
            `${value.cooked ?? ''}${index < node.expressions.length ? put(node.expressions[index]) : ''}`,
        )
        .join('');
    }
    return isLiteral(node) && typeof node.value === 'string' ? node.value : undefined;
  };
  const put = (node: { readonly type: string } | undefined) =>
    node !== undefined && isIdentifier(node) ? (constants.get(node.name) ?? '§') : '§';
  new Visitor({
    VariableDeclarator: ({ id, init }) => {
      const text = init === null ? undefined : textOf(init);
      if (id.type === 'Identifier' && text !== undefined) constants.set(id.name, text);
    },
  }).visit(program);
  const note = (node: { readonly type: string }) => {
    const text = textOf(node)?.trim().replace(/\s+/g, ' ');
    if (text !== undefined && looksLikeSql.test(text)) texts.push(text);
  };
  new Visitor({ TemplateLiteral: note, Literal: note }).visit(program);
  return [...new Set(texts)].map((text) => ({ file, text }));
}

interface Template {
  readonly type: 'TemplateLiteral';
  readonly quasis: readonly { readonly value: { readonly cooked: string | null } }[];
  readonly expressions: readonly { readonly type: string }[];
}

const isTemplate = (node: { readonly type: string }): node is Template => node.type === 'TemplateLiteral';
const isLiteral = (node: {
  readonly type: string;
}): node is { readonly type: 'Literal'; readonly value: unknown } => node.type === 'Literal';
const isIdentifier = (node: {
  readonly type: string;
}): node is { readonly type: 'Identifier'; readonly name: string } => node.type === 'Identifier';
