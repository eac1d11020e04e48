import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type FoundStatement, findStatements, statementsOf } from './sql-statements.ts';

/*
 * docs/specs/scale.md SCA-2: the SQL stays within what PostgreSQL, Citus and YugabyteDB share, and every transaction within one
 * shard. What reads across shards is listed here with its reason: none of it is on the path of a save or a feed.
 */

const forbidden: readonly (readonly [string, RegExp])[] = [
  ['advisory lock', /\bpg_(try_)?advisory/i],
  ['trigger', /\btrigger\b/i],
  ['sequence', /\b(big|small)?serial\b|\bsequence\b|\bnextval\b|generated (always|by default) as identity/i],
  ['foreign key', /\breferences\b|\bforeign key\b/i],
  ['listen or notify', /^listen |\bpg_notify\b|^notify /i],
  ['stored program', /\bcreate (or replace )?(function|procedure|rule|view|materialized)/i],
  ['system column', /\b(ctid|xmin|xmax)\b/i],
  ['table lock', /\block table\b/i],
];

/** Where something forbidden is right. */
const allowed: readonly (readonly [string, string, string])[] = [
  [
    'center/postgres/embedded.ts',
    'advisory lock',
    'who owns the embedded cluster; there is no other database then',
  ],
  ['center/migrations/migrate.ts', 'advisory lock', 'two starts at once; on a cluster one operator migrates'],
  [
    'center/feed/bus.ts',
    'listen or notify',
    'hints between processes; without them flows are read on a timer',
  ],
];

const sharded = [
  'scope_head',
  'feed',
  'doc',
  'doc_history',
  'quarantine',
  'pinfl',
  'share',
  'guest',
  'withdrawn',
  'known_home',
  'errand',
  'audit_head',
] as const;
const everywhere = ['center', 'facility', 'device', 'enrolment_code', 'migration'] as const;

/** Statements that cross shards, by file and beginning. */
const crossing: readonly (readonly [string, string, string])[] = [
  ['center/dictionaries.ts', 'select distinct (body::json', 'packs of the center itself, at start'],
  ['center/web/overview.ts', 'select f.scope, f.names', 'the page; one row for each facility'],
  ['center/web/overview.ts', 'select device, min(at) as at from audit_head', 'the page; findings alone'],
  ['center/web/overview.ts', 'select r.scope, r.seq', 'the page; the last few of each facility'],
  ['center/reviews/statements.ts', 'select r.scope, r.id', 'the page; open questions of all facilities'],
  ['center/feed/digests.ts', 'select h.scope, h.head, encode', 'an operator checks every digest'],
  ['center/feed/durability.ts', 'update scope_head set', 'an operator marks or confirms a backup'],
  [
    'center/sharing/statements.ts',
    'select distinct scope from errand',
    'which facilities have errands that are due',
  ],
  [
    'center/sharing/statements.ts',
    'select scope, id from pinfl where pinfl',
    'where a citizen is registered',
  ],
  ['center/sharing/statements.ts', 'select scope, patient, to_scope', 'shares that ran out'],
  [
    'center/sharing/move-statements.ts',
    'select d.scope from scope_head',
    'a second home of a patient who moved; one read each',
  ],
  [
    'center/sharing/statements.ts',
    'select d.collection, d.id, d.rev, d.home, d.body, null::uuid',
    'names of the district, rarely',
  ],
];

const statements = findStatements();
const isMigration = ({ file }: FoundStatement) => file.startsWith('center/migrations/0');
const isCrossing = ({ file, text }: FoundStatement) =>
  crossing.some(([where, beginning]) => file === where && text.startsWith(beginning));

/** Tables a statement reads or writes, each with the name it goes by. */
function tablesOf(text: string): readonly { readonly table: string; readonly alias: string }[] {
  const places = text.matchAll(
    new RegExp(
      `\\b(?:from|join|into|update|using)\\s+([a-z_]+)(?:\\s+(?:as\\s+)?(?!${keywords})([a-z_]+))?`,
      'g',
    ),
  );
  return [...places].flatMap(([, table = '', alias = table]) =>
    sharded.some((each) => each === table) ? [{ table, alias }] : [],
  );
}

const keywords =
  '(?:set|where|on|left|right|cross|join|order|group|using|values|select|limit|for|union|inner|as|from|with|returning)\\b';

/** What is wrong with a statement on sharded tables: nothing, or why. */
function shardFault({ text }: FoundStatement): string | undefined {
  const tables = tablesOf(text);
  if (tables.length === 0) return undefined;
  for (const [, table, columns] of text.matchAll(/\binsert into ([a-z_]+) \(([^)]*)\)/g)) {
    const isOurs = sharded.some((each) => each === table);
    if (isOurs && columns !== '§' && !/^\s*scope\b/.test(columns ?? '')) return `${table} without scope`;
  }
  const written = new Set([...text.matchAll(/\binsert into ([a-z_]+)/g)].map(([, table]) => table));
  for (const { table, alias } of tables) {
    if (written.has(table) && alias === table) continue;
    const key = new RegExp(
      `\\b${alias}\\.scope = (\\$1|[a-z_]+\\.scope)|\\b[a-z_]+\\.scope = ${alias}\\.scope`,
    );
    const isAlone = tables.length === 1 || tables.every((each) => each.alias === each.table);
    if (!key.test(text) && !(isAlone && /\bscope = \$1|\(scope, |§/.test(text)))
      return `${table} not by scope`;
  }
  return undefined;
}

describe('SCA-2: SQL that PostgreSQL, Citus and YugabyteDB share', () => {
  it('finds the statements at all', () => {
    expect(statements.length).toBeGreaterThan(80);
    for (const table of sharded) {
      expect([table, statements.some(({ text }) => new RegExp(`\\b${table}\\b`).test(text))]).toEqual([
        table,
        true,
      ]);
    }
  });

  it('uses nothing that one of them lacks', () => {
    const faults = statements.flatMap(({ file, text }) =>
      forbidden.flatMap(([name, pattern]) => {
        const isAllowed = allowed.some(([where, what]) => where === file && what === name);
        return pattern.test(text) && !isAllowed ? [`${file}: ${name}: ${text.slice(0, 80)}`] : [];
      }),
    );
    expect(faults).toEqual([]);
  });

  it('names the shard key in every statement on a sharded table', () => {
    const faults = statements
      .filter((statement) => !isMigration(statement) && !isCrossing(statement))
      .flatMap((statement) => {
        const fault = shardFault(statement);
        return fault === undefined ? [] : [`${statement.file}: ${fault}: ${statement.text.slice(0, 160)}`];
      });
    expect(faults).toEqual([]);
  });

  it('keys every table by the shard key first, or has it on every node', () => {
    const dropped = statements
      .filter(isMigration)
      .flatMap(({ text }) => [...text.matchAll(/drop table ([a-z_]+)/g)].map(([, name = '']) => name));
    const tables = statements
      .filter(isMigration)
      .flatMap(({ text }) => [...text.matchAll(/create table ([a-z_]+) \((.*?)\);/g)])
      .filter(([, name = '']) => !dropped.includes(name));
    const byKey = tables.filter(([, , columns]) =>
      /primary key \(scope, |scope text primary key/.test(columns ?? ''),
    );
    expect(
      byKey
        .map(([, name]) => name)
        .filter((name) => name !== 'facility')
        .sort(),
    ).toEqual([...sharded].sort());
    const others = tables.map(([, name]) => name).filter((name) => !sharded.some((each) => each === name));
    expect(others.filter((name) => !everywhere.some((each) => each === name))).toEqual([]);
  });

  it('SCA-4: is told of table by table', () => {
    const scale = join(import.meta.dirname, '..', '..', 'docs', 'specs', 'scale.md');
    const [, distributed, reference] =
      /\*\*SCA-4\*\* Citus: (.*?) distributed by `scope`.*?colocated; (.*?) are reference tables/s.exec(
        readFileSync(scale, 'utf8'),
      ) ?? [];
    const namesIn = (list = '') => [...list.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name);
    expect(namesIn(distributed)).toEqual([...sharded]);
    expect(namesIn(reference)).toEqual([...everywhere]);
  });

  it('still needs every exception', () => {
    const unused = crossing.filter(
      ([where, beginning]) =>
        !statements.some(({ file, text }) => file === where && text.startsWith(beginning)),
    );
    expect(unused.map(([where, beginning]) => `${where}: ${beginning}`)).toEqual([]);
  });

  it.each([
    ['select body from doc where id = $1', 'doc not by scope'],
    ['select d.body from doc d join feed f on f.id = d.id where f.scope = $1', 'doc not by scope'],
    ['insert into feed (seq, scope) values ($1, $2)', 'feed without scope'],
    ['update scope_head set head = head + 1', 'scope_head not by scope'],
    [
      'delete from quarantine using doc d where d.scope = $1 and quarantine.op = d.id',
      'quarantine not by scope',
    ],
  ])('would see: %s', (text, fault) => {
    const [found] = statementsOf('center/x.ts', `const statement = ${JSON.stringify(text)};`);
    expect(found === undefined ? undefined : shardFault(found)).toBe(fault);
  });
});
