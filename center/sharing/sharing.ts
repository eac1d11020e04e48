import type { IngestHooks } from '../ingest/hooks.ts';
import { inOrder } from '../postgres/database.ts';
import { type Courier, startCourier } from './courier.ts';
import { noteApplied } from './note-applied.ts';
import { noteReturned } from './note-returned.ts';
import type { SharingContext } from './sharing-context.ts';
import { bringBack, homesOfRows } from './visiting-rows.ts';

/** Records in more than one facility: what ingest asks, and the courier who carries. */
export interface Sharing {
  readonly hooks: IngestHooks;
  readonly courier: Courier;
}

/** Starts sharing on a database that has its tables (docs/specs/center.md, SHA). */
export function startSharing(context: SharingContext): Sharing {
  const courier = startCourier(context);
  return {
    courier,
    hooks: {
      homesOf: (device, rows) => homesOfRows(context, device, rows),
      onApplied: async (session, { scope, at }, rows) => {
        const noted = [noteApplied(session, scope, at, rows), noteReturned(session, scope, at, rows)];
        return (await inOrder(noted)).some((hasErrands) => hasErrands);
      },
      bringBack: (device, home, rows) => bringBack(context, device, home, rows),
      committed: () => courier.hurry(),
    },
  };
}
