import { describe, expect, it } from 'vitest';
import { digestOf, migrations, statementsOf } from './migrate.ts';

/** Released steps never change. A new step adds a line here; no line is ever edited. */
const released = [
  ['first tables', '51f6f8712be6d25ed86916de4c8b185be8dca92ee839e11e40dcfe3fd54a6adf'],
  ['protocol two', '203fca2ceb5a07491afccdcf41aac8cdb1c0e97d09f00d10f86d02749963eda1'],
  ['sharing', '91ba66732279838e0b1e9f36171330144246928755ab5b518ff9de860ce6b6c5'],
  ['cheaper feed', '0922a16b19eaa8f2d8b66113c65529632ffb30108586da2f5a5f6e81d2ff6f57'],
  ['operations in the feed', 'db49f8de6313d3ca88e9fded1558018c13338915d2a4dbb3923b5e02be422220'],
  ['audit heads', 'fd16553774ce5d5d96d4f049935ad113993e9262c200604bd92d673e184ad273'],
  ['requests of a patient', 'b9c4d92e28f8d5c333de36cb878656e47fee5e3d68502a01efd77a6d6a49081a'],
  ['patients of documents', 'e9764881e1c6bbbbef14e69cb92412fc671127b8adf2bde00a677c4b4c5d2b17'],
];

describe('MIG-1: migrations', () => {
  it('are numbered without gaps, and released ones are as they were', () => {
    expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_unused, index) => index + 1));
    expect(migrations.map((step) => [step.name, digestOf(step)])).toEqual(released);
  });

  it('MIG-2: hold plain statements that may be split at semicolons', () => {
    for (const statement of migrations.flatMap(({ sql }) => statementsOf(sql))) {
      expect(statement).toMatch(
        /^(create (unique )?(table|index)|drop (index|table)|alter table|update|insert into) /,
      );
      expect(statement).not.toMatch(/'[^']*;|\$\$|references|serial|trigger|jsonb/);
    }
  });

  it('MIG-3: every table of a facility begins its key with the scope', () => {
    const global = ['center', 'facility', 'device', 'enrolment_code'];
    const tables = migrations
      .flatMap(({ sql }) => statementsOf(sql))
      .filter((text) => text.startsWith('create table'));
    for (const table of tables) {
      const name = /^create table (\w+)/.exec(table)?.[1] ?? '';
      if (!global.includes(name)) expect(table).toMatch(/primary key \(scope|scope text primary key/);
    }
    expect(tables.length).toBeGreaterThan(8);
  });
});
