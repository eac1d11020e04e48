import type { AuditDraft } from '#clinic/ports/replica.ts';
import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import { type AppError, appError } from '#contracts/errors.ts';
import type { PersonId, RecordId } from '#contracts/ids.ts';
import { auditLine, createFailedUnlocks, type FailedUnlocks } from './failed-unlocks.ts';
import { layoutOf } from './folder-layout.ts';
import type { WorkstationParts } from './parts.ts';
import type { OpenedRecords, Session } from './session.ts';
import { tellSigningKey } from './signing-key.ts';

/** What somebody looked at: an action of the trail (docs/specs/audit.md AUD-4), and the record, if it is one. */
export type Look = Pick<AuditDraft, 'action'> &
  Partial<Pick<AuditDraft, 'collection' | 'record' | 'patient' | 'reason'>>;

/** Writes the lines of the audit trail that belong to no action of the clinic. */
export interface TrailDesk {
  /** A session looks at something: durable, or waiting for room on the disk, when it resolves. */
  look(session: Session, ...looks: readonly Look[]): Promise<void>;
  /** A session looks at patients. */
  lookAtPatients(session: Session, patients: readonly RecordId[]): Promise<void>;
  /** A session began, ended or changed. Never rejects: what goes wrong is in the log. */
  say(session: Session, action: string): Promise<void>;
  /** Somebody did not get in; null when nobody said who. Never rejects. */
  refused(person: PersonId | null, error: AppError): Promise<void>;
  /**
   * The present session is let do what is otherwise not allowed, for a reason that goes with every look from now on. Who asks is
   * known: on a full disk the line waits as others do (WS-9). Rejects at other failures: then it is not allowed.
   */
  except(session: Session, action: string, reason: string): Promise<void>;
  /** Writes down, before anything is shown, why a session is there without anybody's own way in; or says why that failed. */
  excuse(session: Session): Promise<AppError | null>;
  /** The session was excused before it was interrupted: the reason goes with every look again. */
  goOn(session: Session): null;
  /** A session that was interrupted is not begun again; `records` are open for this only. Never rejects. */
  ended(session: Session, records: OpenedRecords, isRenewed: boolean): Promise<void>;
  /** From here on nothing is an exception. */
  endException(): void;
  /** Writes what could not be written while nobody had the key. Never rejects. */
  catchUp(session: Session): Promise<void>;
}

/** The desk of a workstation; `records` are those that are open now. */
export function createTrailDesk(
  { clock, folder, log }: Pick<WorkstationParts, 'clock' | 'folder' | 'log'>,
  records: () => OpenedRecords | null,
): TrailDesk {
  const incident = (trouble: unknown): void => void log.incident(trouble);
  /** Made late: at first there is no folder. */
  let waiting: FailedUnlocks | undefined;
  const failedUnlocks = (): FailedUnlocks => {
    waiting ??= createFailedUnlocks(layoutOf(folder).current, incident);
    return waiting;
  };
  let exception: string | null = null;
  /** What waits of the records that were opened last, and not those themselves: nothing of them is kept after a lock (ACC-50). */
  let lastWaiting: AuditDraft[] = [];
  const moveWaiting = async (): Promise<void> => {
    const trail = records()?.trail;
    if (trail === undefined || trail.waiting === lastWaiting) return;
    const lines = lastWaiting.splice(0);
    lastWaiting = trail.waiting;
    if (lines.length > 0) await trail.record(...lines);
  };
  const lineOf = (session: Session, look: Look, reason: string | null): AuditDraft => {
    const common = { at: session.context().now, person: session.person, collection: null, record: null };
    return { ...common, ...look, ...(reason === null ? {} : { reason }) };
  };
  const write = async (session: Session, looks: readonly Look[], reason: string | null): Promise<void> => {
    await records()?.trail.record(...looks.map((look) => lineOf(session, look, reason)));
  };
  return {
    look: (session, ...looks) => write(session, looks, exception),
    lookAtPatients: (session, patients) =>
      write(
        session,
        patients.map((record) => ({ action: 'view', collection: 'patients', record })),
        exception,
      ),
    say: (session, action) => write(session, [{ action }], null).catch(incident),
    refused: async (person, { code }) => {
      const failed = { at: Math.max(0, Math.floor(clock.now())), person, code };
      const trail = records()?.trail;
      if (trail === undefined) await failedUnlocks().note(failed).catch(incident);
      else await trail.record(auditLine(failed)).catch(incident);
    },
    except: async (session, action, reason) => {
      await write(session, [{ action }], reason);
      exception = reason;
    },
    excuse: async (session) => {
      const trail = records()?.trail;
      if (session.glass === null) return null;
      if (trail === undefined) return appError('access.locked');
      try {
        const { reason } = session.glass;
        await trail.recordFirst(lineOf(session, { action: 'session.break-glass' }, reason));
        exception = reason;
        return null;
      } catch (error) {
        if (error instanceof ReplicaFailure) return error.error;
        return appError('internal.failure', { incident: log.incident(error) });
      }
    },
    goOn: (session) => {
      exception = session.glass?.reason ?? null;
      return null;
    },
    ended: (session, { trail }, isRenewed) => {
      const actions = isRenewed ? ['keys.rotate', 'session.lock'] : ['session.lock'];
      return trail.record(...actions.map((action) => lineOf(session, { action }, null))).catch(incident);
    },
    endException: () => {
      exception = null;
    },
    catchUp: async (session) => {
      await moveWaiting().catch(incident);
      await failedUnlocks()
        .moveInto((moving) => session.replica.transact(moving))
        .catch(incident);
      await tellSigningKey(session).catch(incident);
    },
  };
}
