import type { CredentialSlots } from '#access/credential-slots.ts';
import type { WorkstationState } from '#contracts/bridge/views.ts';
import type { AppError } from '#contracts/errors.ts';
import type { WorkstationParts } from './parts.ts';
import type { OpenedRecords, Session } from './session.ts';

/** A clock this wrong is told on screen. */
const worrisomeClockErrorMs = 5 * 60_000;

/** What the state shown to every screen is made of. */
export interface StateSources {
  readonly parts: Pick<WorkstationParts, 'hasSimulatedDevices' | 'idleLockMs'>;
  readonly isEnrolled: boolean;
  readonly slots: CredentialSlots | null;
  readonly session: Session | null;
  readonly records: OpenedRecords | null;
  readonly failure: AppError | null;
  readonly isFailed: boolean;
  readonly mustConnect: boolean;
}

/** The one view that a locked workstation shows: no patient data. */
export function workstationState(sources: StateSources): WorkstationState {
  const { parts, slots, session, records } = sources;
  const clockErrorMs = records?.exchange.state().clockErrorMs ?? null;
  return {
    phase: phaseOf(sources),
    failure: sources.failure,
    session: session && {
      person: { id: session.person, name: session.name, roles: [...session.roles] },
      device: session.device,
      unlockedAt: session.unlockedAt,
      idleLockMs: parts.idleLockMs,
      breakGlass: session.glass?.by ?? null,
      needsSecond:
        session.glass === null && slots !== null && slots.enrolmentStatus(session.person).needsSecond,
    },
    people: (slots?.people() ?? [])
      .filter(({ access }) => access === 'full')
      .map(({ id, name, methods }) => ({
        id,
        name,
        methods: methods.filter((method) => method !== 'simulated-key' || parts.hasSimulatedDevices),
      })),
    facility: slots?.facility() ?? null,
    hasSimulatedDevices: parts.hasSimulatedDevices,
    clockErrorMs:
      clockErrorMs !== null && Math.abs(clockErrorMs) > worrisomeClockErrorMs ? clockErrorMs : null,
    mustConnect: sources.mustConnect,
  };
}

function phaseOf({ session, isFailed, isEnrolled }: StateSources): WorkstationState['phase'] {
  if (session !== null) return 'unlocked';
  if (isFailed) return 'failed';
  return isEnrolled ? 'locked' : 'unenrolled';
}
