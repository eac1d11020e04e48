import type { IngestHooks } from '../ingest/hooks.ts';
import { type Courier, startCourier } from './courier.ts';
import { noteApplied } from './note-applied.ts';
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
      onApplied: (session, { scope, at }, rows) => noteApplied(session, scope, at, rows),
      bringBack: (device, home, rows) => bringBack(context, device, home, rows),
      committed: () => courier.hurry(),
    },
  };
}
