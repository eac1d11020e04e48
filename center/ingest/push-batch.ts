import type { ErrorCode } from '#contracts/errors.ts';
import type { DeviceId, Scope } from '#contracts/ids.ts';
import type { Outcome, Verdict } from '#contracts/wire/center-messages.ts';
import type { Effects } from '../ports.ts';
import type { Database } from '../postgres/database.ts';
import { outcomesOfOffer, verdictsOf } from './answers.ts';
import { type Applied, type BatchOutcome, type Device, runBatch } from './batch.ts';
import { type IngestHooks, noHooks } from './hooks.ts';
import { type PreparedRow, prepareOffered } from './offered-rows.ts';
import { checkRow } from './row-check.ts';
import type { AnsweredRow } from './row-outcome.ts';

/** Ends the connection; rows that were applied are answered when they come again. */
export interface Refusal {
  readonly kind: 'refused';
  readonly code: ErrorCode;
  readonly retry: boolean;
}

/** What a version 1 push came to. `applied`: what was written, by scope. */
export type PushOutcome =
  | { readonly kind: 'answered'; readonly verdicts: readonly Verdict[]; readonly applied: readonly Applied[] }
  | Refusal;

/** What an offer came to. */
export type OfferOutcome =
  | {
      readonly kind: 'answered';
      readonly at: number;
      readonly outcomes: Outcome[];
      readonly applied: readonly Applied[];
    }
  | Refusal;

/** Takes batches of rows from devices (docs/specs/center.md, ING). */
export interface Ingest {
  /** Applies the rows of a version 1 push; resolves after COMMIT, one verdict per row in their order. */
  push(device: DeviceId, scope: Scope, rows: readonly unknown[]): Promise<PushOutcome>;
  /** Applies offered rows; resolves after COMMIT, one outcome per row in their order. */
  offer(device: DeviceId, scope: Scope, rows: readonly unknown[]): Promise<OfferOutcome>;
}

/** Ingest on `database`. */
export function createIngest(database: Database, effects: Effects, hooks: IngestHooks = noHooks): Ingest {
  const apply = (device: Device, rows: readonly PreparedRow[], raws: readonly unknown[]) =>
    applyByScope({ database, effects, hooks }, device, rows, raws);
  return {
    push: async (device, scope, raws) => {
      const now = effects.clock.now();
      const rows = writable(() => raws.map((raw, index) => checkRow(raw, index, now)));
      if (rows === undefined) return unusable;
      const outcome = await apply({ device, scope }, rows, raws);
      if (outcome.kind === 'refused') return outcome;
      const verdicts = verdictsOf(outcome.answered);
      return verdicts === undefined ? overloaded : { kind: 'answered', verdicts, applied: outcome.applied };
    },
    offer: async (device, scope, raws) => {
      const at = effects.clock.now();
      const rows = await prepareOffered(database, scope, raws, at).catch(undefinedIfTooDeep);
      if (rows === undefined) return unusable;
      const outcome = await apply({ device, scope }, rows, raws);
      if (outcome.kind === 'refused') return outcome;
      return { kind: 'answered', at, outcomes: outcomesOfOffer(outcome.answered), applied: outcome.applied };
    },
  };
}

const overloaded: Refusal = { kind: 'refused', code: 'sync.overloaded', retry: true };
const unusable: Refusal = { kind: 'refused', code: 'sync.unknown-message', retry: false };

/** JSON nested too deeply can be read, but not written again, not even into the quarantine. */
function undefinedIfTooDeep(error: unknown): undefined {
  if (error instanceof RangeError) return undefined;
  throw error;
}

function writable<Value>(work: () => Value): Value | undefined {
  try {
    return work();
  } catch (error) {
    return undefinedIfTooDeep(error);
  }
}

interface Parts {
  readonly database: Database;
  readonly effects: Effects;
  readonly hooks: IngestHooks;
}

/** Records of another facility are compared and set there, in a transaction of their own. */
async function applyByScope(
  parts: Parts,
  device: Device,
  rows: readonly PreparedRow[],
  raws: readonly unknown[],
): Promise<BatchOutcome> {
  const rowsByScope = new Map<Scope, PreparedRow[]>();
  for (const row of rows) {
    const scope = row.kind === 'sound' ? row.scope : device.scope;
    const group = rowsByScope.get(scope);
    if (group === undefined) rowsByScope.set(scope, [row]);
    else group.push(row);
  }
  const answered: AnsweredRow[] = [];
  const applied: Applied[] = [];
  for (const [scope, group] of rowsByScope) {
    const outcome = await runBatch(parts, { ...device, home: scope }, group, raws);
    if (outcome.kind === 'refused') return outcome;
    answered.push(...outcome.answered);
    applied.push(...outcome.applied);
  }
  return {
    kind: 'answered',
    answered: answered.sort((one, other) => one.row.index - other.row.index),
    applied,
  };
}
