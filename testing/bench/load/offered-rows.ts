import * as v from 'valibot';
import { type DeviceId, type Hlc, OperationIdSchema, type Revision, type Scope } from '#contracts/ids.ts';
import type { AnyRecord } from '#contracts/records/registry.ts';
import type { OfferRow } from '#contracts/wire/client-messages.ts';
import { advanceHlc } from '#sync/hlc.ts';
import { inCanonicalOrder } from '#sync/merge/canonical-order.ts';
import { makeDelta } from '#sync/merge/record-delta.ts';
import { revisionOf } from '#sync/merge/revision.ts';
import { uuidV7 } from '#sync/uuid-v7.ts';
import type { Edit } from './documents.ts';
import { loadRandom } from './load-client.ts';

/** What a workstation without a store remembers: the newest version of each of its records, and its clock. */
export interface RowMaker {
  /** The row that offers the edit, as a difference where one says it. */
  row(edit: Edit): OfferRow;
  /** The newest record of an edit's id. */
  newest(id: string): AnyRecord | undefined;
}

/** Rows as sync/client/offer-row.ts makes them, without an outbox. */
export function createRowMaker(scope: Scope, device: DeviceId): RowMaker {
  const records = new Map<string, AnyRecord>();
  let last: Hlc | undefined;
  return {
    newest: (id) => records.get(id),
    row: ({ collection, id, at, author, body }) => {
      const base = records.get(id);
      const op = v.parse(OperationIdSchema, uuidV7(at, loadRandom));
      last = advanceHlc(last, at, device, base === undefined ? [] : [base.hlc]);
      const content = inCanonicalOrder({ id, scope, author, device, capturedAt: at, hlc: last, body });
      const baseRev: Revision | null = base?.rev ?? null;
      const rev = revisionOf(op, baseRev, collection, content);
      const record: AnyRecord = { ...content, rev };
      records.set(id, record);
      const offered = { op, collection, check: rev.slice(-8) };
      const delta = base === undefined ? undefined : makeDelta(base, record);
      return base !== undefined && delta !== undefined
        ? { ...offered, base: base.rev, id, delta }
        : { ...offered, base: baseRev, record: content };
    },
  };
}
