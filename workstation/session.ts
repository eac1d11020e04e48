import type { Secret } from '#access/secret.ts';
import type { ActionContext } from '#clinic/actions/action.ts';
import { dayAt } from '#clinic/clinic-day.ts';
import { createIdSource } from '#clinic/ids.ts';
import type { Clock, Random } from '#clinic/ports/clock.ts';
import type { Replica } from '#clinic/ports/replica.ts';
import type { Signer } from '#clinic/ports/signer.ts';
import type { Day, DeviceId, Instant, PersonId, Scope } from '#contracts/ids.ts';
import type { Role } from '#contracts/roles.ts';
import { ascendingRandom } from '#sync/uuid-v7.ts';
import type { AuditTrail } from './audit-trail.ts';
import type { BrokenGlass } from './break-glass.ts';
import type { DeviceIdentity, Exchange } from './parts.ts';

/** The opened records of this workstation: exists while it is unlocked, whoever is signed in. */
export interface OpenedRecords {
  readonly replica: Replica;
  readonly exchange: Exchange;
  readonly dataKey: Secret;
  readonly identity: DeviceIdentity;
  readonly trail: AuditTrail;
}

/** One person at work on the opened records. Over when the workstation locks or another person takes over. */
export interface Session {
  readonly person: PersonId;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly unlockedAt: Instant;
  readonly scope: Scope;
  readonly device: DeviceId;
  readonly replica: Replica;
  readonly clock: Clock;
  /** The person's signing key; null when her slot has none (ACC-25) or she came in another way. */
  readonly signer: Signer | null;
  /** How the records were opened without anybody's own way in; null as a rule. */
  readonly glass: BrokenGlass | null;
  /** For operation ids. */
  readonly random: Random;
  /** Who acts, where and when, for one action. */
  context(): ActionContext;
  today(): Day;
}

/** Begins a session over opened records. */
export function beginSession(
  records: Pick<OpenedRecords, 'replica' | 'identity'>,
  who: Pick<Session, 'person' | 'name' | 'roles'> & Partial<Pick<Session, 'signer' | 'glass'>>,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): Session {
  const newId = createIdSource(clock, random);
  const { scope, device } = records.identity;
  const signer = who.signer ?? null;
  const signing = signer === null ? {} : { signer };
  const now = () => Math.max(0, Math.floor(clock.now()));
  return {
    ...who,
    signer,
    glass: who.glass ?? null,
    unlockedAt: now(),
    scope,
    device,
    replica: records.replica,
    clock,
    random: ascendingRandom(random),
    today: () => dayAt(now()),
    context: () => ({ now: now(), person: who.person, scope, today: dayAt(now()), newId, ...signing }),
  };
}
