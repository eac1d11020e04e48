import * as v from 'valibot';
import type { DeviceId, Scope } from '#contracts/ids.ts';
import { type AuditHead, AuditHeadSchema } from '#contracts/wire/client-messages.ts';
import type { Clock } from '../ports.ts';
import { bigint, type Database, type Statement } from '../postgres/database.ts';
import { judgeHead, type ToldTrail } from './judge-head.ts';

/** The heads of audit trails that workstations told; rows are added, never changed or removed (AUD-6). */
export interface HeadBook {
  /** The head with the highest number that was told; null before the first. */
  newest(scope: Scope, device: DeviceId): Promise<AuditHead | null>;
  /** Keeps a head that is news. Says whether it is a finding that was not known. */
  note(scope: Scope, device: DeviceId, told: ToldTrail): Promise<boolean>;
  /** Every head in the order it was told, at most `limit` behind number `after`. */
  list(scope: Scope, device: DeviceId, after: number, limit: number): Promise<readonly KeptHead[]>;
}

/** A head as it was told. */
export interface KeptHead extends AuditHead {
  readonly nr: number;
  /** Milliseconds since 1970 by the center's clock. */
  readonly at: number;
  readonly finding: string | null;
}

const columns = 'nr, seq, hash, at, finding';

const readNewest: Statement = {
  name: 'audit-head-newest',
  text: `select ${columns} from audit_head where scope = $1 and device = $2 order by seq desc, nr limit 1`,
};
const readLast: Statement = {
  name: 'audit-head-last',
  text: `select ${columns} from audit_head where scope = $1 and device = $2 order by nr desc limit 1`,
};
const readAt: Statement = {
  name: 'audit-head-at',
  text: `select ${columns} from audit_head where scope = $1 and device = $2 and seq = $3 order by nr limit 100`,
};
const readMany: Statement = {
  name: 'audit-head-list',
  text: `select ${columns} from audit_head where scope = $1 and device = $2 and nr > $3 order by nr limit $4`,
};
const insert: Statement = {
  name: 'audit-head-insert',
  text: `
insert into audit_head (scope, device, nr, seq, hash, at, finding) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (scope, device, nr) do nothing`,
};

const RowSchema = v.object({
  nr: bigint,
  seq: bigint,
  hash: AuditHeadSchema.entries.hash,
  at: bigint,
  finding: v.nullable(v.string()),
});

/** Two connections of one device may tell at once; more than some times in a row is a defect. */
const mostAttempts = 20;

/** The book on `database`. */
export function createHeadBook(database: Database, clock: Clock): HeadBook {
  const readOne = async (statement: Statement, scope: Scope, device: DeviceId) => {
    const [row] = await database.rows(statement, RowSchema, [scope, device]);
    return row ?? null;
  };
  const noteOnce = async (scope: Scope, device: DeviceId, told: ToldTrail): Promise<boolean | 'again'> => {
    const last = await readOne(readLast, scope, device);
    const newest = await readOne(readNewest, scope, device);
    const { atKept } = told;
    const kept =
      atKept === undefined ? [] : await database.rows(readAt, RowSchema, [scope, device, atKept.seq]);
    const finding = judgeHead(
      told,
      newest,
      kept.map(({ hash }) => hash),
    );
    const isKnown = last !== null && last.seq === told.seq && last.hash === told.hash;
    if (isKnown && last.finding === finding) return false;
    const row = [scope, device, (last?.nr ?? 0) + 1, told.seq, told.hash, clock.now(), finding];
    if ((await database.run(insert, row)) === 0) return 'again';
    return finding !== null && last?.finding !== finding;
  };
  return {
    newest: async (scope, device) => {
      const row = await readOne(readNewest, scope, device);
      return row === null ? null : { seq: row.seq, hash: row.hash };
    },
    note: async (scope, device, told) => {
      for (let attempt = 1; attempt <= mostAttempts; attempt += 1) {
        const noted = await noteOnce(scope, device, told);
        if (noted !== 'again') return noted;
      }
      throw new Error('The head of an audit trail could not be kept.');
    },
    list: (scope, device, after, limit) =>
      database.rows(readMany, RowSchema, [scope, device, after, Math.min(limit, 10_000)]),
  };
}
