import * as v from 'valibot';
import { bigint } from '#center/postgres/database.ts';
import {
  DeviceIdSchema,
  OperationIdSchema,
  RecordIdSchema,
  RevisionSchema,
  type Scope,
  ScopeSchema,
} from '#contracts/ids.ts';
import { CollectionNameSchema } from '#contracts/records/registry.ts';
import type { PostgresInProcess } from './postgres-in-process.ts';

const VersionSchema = v.object({
  collection: CollectionNameSchema,
  id: RecordIdSchema,
  rev: RevisionSchema,
  body: v.string(),
});
const NewestSchema = v.object({ ...VersionSchema.entries, home: v.nullable(ScopeSchema) });
const FedSchema = v.object({
  seq: bigint,
  collection: CollectionNameSchema,
  id: RecordIdSchema,
  rev: v.nullable(RevisionSchema),
});
const LoggedSchema = v.object({
  op: OperationIdSchema,
  rev: RevisionSchema,
  device: v.nullable(DeviceIdSchema),
});
const QuarantinedSchema = v.object({ op: v.nullable(OperationIdSchema) });

const DigestsSchema = v.object({ bits: v.string() });

export type Version = v.InferOutput<typeof VersionSchema>;
/** `home`: the facility of a record that is here as a copy. */
export type Newest = v.InferOutput<typeof NewestSchema>;
export type Fed = v.InferOutput<typeof FedSchema>;
export type Logged = v.InferOutput<typeof LoggedSchema>;

/** What the center holds of one scope, read past its code. */
export interface CenterTables {
  readonly scope: Scope;
  /** Newest versions, by `collection/id`. */
  readonly newest: ReadonlyMap<string, Newest>;
  /** Every version, newest ones too, by `collection/id/rev`. */
  readonly versions: ReadonlyMap<string, Version>;
  /** In order of position. */
  readonly feed: readonly Fed[];
  readonly logged: readonly Logged[];
  readonly quarantined: ReadonlySet<string>;
  /** The digests the center keeps, by bucket. */
  readonly digests: readonly string[];
}

export async function readCenterTables(postgres: PostgresInProcess, scope: Scope): Promise<CenterTables> {
  const read = async <Row>(text: string, schema: v.GenericSchema<unknown, Row>): Promise<readonly Row[]> =>
    v.parse(v.array(schema), (await postgres.query(text, [scope])).rows);
  const newest = await read('select collection, id, rev, body, home from doc where scope = $1', NewestSchema);
  const former = await read(
    'select collection, id, rev, body from doc_history where scope = $1',
    VersionSchema,
  );
  const feed = await read(
    'select seq, collection, id, rev from feed where scope = $1 order by seq',
    FedSchema,
  );
  const logged = await read(
    'select op, rev, device from feed where scope = $1 and op is not null',
    LoggedSchema,
  );
  const quarantined = await read('select op from quarantine where scope = $1', QuarantinedSchema);
  const [head] = await read('select digests::text as bits from scope_head where scope = $1', DigestsSchema);
  return {
    scope,
    newest: new Map(newest.map((version) => [`${version.collection}/${version.id}`, version])),
    versions: new Map(
      [...newest, ...former].map((version) => [
        `${version.collection}/${version.id}/${version.rev}`,
        version,
      ]),
    ),
    feed,
    logged,
    quarantined: new Set(quarantined.flatMap(({ op }) => op ?? [])),
    digests: bucketsOf(head?.bits ?? ''),
  };
}

/** 128 bits of each bucket side by side, as hex. */
const bucketsOf = (bits: string): readonly string[] =>
  Array.from({ length: bits.length / 128 }, (_unused, bucket) =>
    BigInt(`0b${bits.slice(bucket * 128, (bucket + 1) * 128)}`)
      .toString(16)
      .padStart(32, '0'),
  );
