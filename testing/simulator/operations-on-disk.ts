import type { Database } from '@signalapp/sqlcipher';
import * as v from 'valibot';
import { type OperationId, OperationIdSchema } from '#contracts/ids.ts';

const OperationsSchema = v.array(OperationIdSchema);

/** Operations of every row of the outbox, whatever its state, read past the replica. */
export const operationsIn = (database: Database): ReadonlySet<OperationId> =>
  new Set(v.parse(OperationsSchema, database.prepare('SELECT op FROM outbox', { pluck: true }).all([])));
