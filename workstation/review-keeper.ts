import type { AnyPlannedWrite } from '#clinic/actions/action.ts';
import { planDuplicateReviews } from '#clinic/actions/patient-links.ts';
import { carryOutDecision } from '#clinic/actions/settle-review.ts';
import { survivorOf } from '#clinic/patient-links.ts';
import type { Timers } from '#clinic/ports/clock.ts';
import type { CommitNotice, Replica, ReplicaReader } from '#clinic/ports/replica.ts';
import type { RecordId } from '#contracts/ids.ts';
import { writeByItself } from './acting.ts';
import { openReviews } from './open-reviews.ts';
import { possibleDuplicates } from './possible-duplicates.ts';
import type { Session } from './session.ts';

/** What the keeper works with. */
export interface KeeperParts {
  readonly replica: Replica;
  readonly timers: Timers;
  /** Who is at work; nothing is done while nobody is. */
  session(): Session | null;
  /** While the first copy arrives nobody is compared: whoever wrote these records did that. */
  isFirstCopy(): boolean;
  /** Work that a lock waits for. */
  whileOpen<Value>(work: () => Promise<Value>): Promise<Value>;
  onTrouble(trouble: unknown): void;
}

/** Pause before each record that is looked at, so that a frame of hundreds never holds up a nurse. */
const pauseMs = 150;
/** Records that wait to be looked at. What comes beyond is looked at by the workstation that wrote it. */
const mostWaiting = 300;
/** With so many questions open another one helps nobody. */
const mostOpen = 100;

/**
 * Looks after reviews in the background: asks about patients that arrive and are like one who is here (DUP-4), and
 * carries out the decision that counts where two workstations decided differently (REV-A5). One record at a time, each in
 * one transaction. Returns a function that ends it.
 */
export function keepReviews(parts: KeeperParts): () => void {
  const waiting = new Map<RecordId, 'patients' | 'reviews'>();
  let cancel: (() => void) | null = null;
  let isEnded = false;
  const plan = () => {
    if (cancel !== null || isEnded || waiting.size === 0) return;
    cancel = parts.timers.after(pauseMs, () => void next());
  };
  const next = async () => {
    const [first] = waiting;
    const session = parts.session();
    if (first !== undefined && session !== null) {
      const [id, collection] = first;
      waiting.delete(id);
      const work = () => lookAt(parts, session, collection, id);
      await parts.whileOpen(work).catch((trouble) => parts.onTrouble(trouble));
    } else waiting.clear();
    cancel = null;
    plan();
  };
  const end = parts.replica.onCommit((notice) => {
    for (const [id, collection] of concerned(notice, parts)) {
      if (waiting.size < mostWaiting) waiting.set(id, collection);
    }
    plan();
  });
  return () => {
    isEnded = true;
    end();
    cancel?.();
    waiting.clear();
  };
}

function concerned(notice: CommitNotice, parts: KeeperParts): ReadonlyMap<RecordId, 'patients' | 'reviews'> {
  const found = new Map<RecordId, 'patients' | 'reviews'>();
  const withPatients = !parts.isFirstCopy();
  for (const { collection, id } of notice.records) {
    if (collection === 'reviews' || (collection === 'patients' && withPatients)) found.set(id, collection);
  }
  return found;
}

async function lookAt(
  { replica }: KeeperParts,
  session: Session,
  collection: 'patients' | 'reviews',
  id: RecordId,
): Promise<void> {
  if (collection === 'reviews') {
    const isDone = planCarryOut(replica, session, id).length === 0;
    if (!isDone) await writeByItself(session, (reader) => planCarryOut(reader, session, id));
    return;
  }
  const alike = alikeOf(replica, session, id);
  if (alike.length === 0 || openReviews(replica).length >= mostOpen) return;
  if (planDuplicateReviews(replica, id, alike).length === 0) return;
  await writeByItself(session, (reader) => planDuplicateReviews(reader, id, alike));
}

/** A conflict whose values no longer fit is left to a person. */
function planCarryOut(reader: ReplicaReader, session: Session, id: RecordId): readonly AnyPlannedWrite[] {
  const planned = carryOutDecision(reader, id, session.context());
  return planned.ok ? planned.value : [];
}

/** Who is written here by hand was compared while it was typed. */
function alikeOf(replica: Replica, session: Session, id: RecordId): readonly RecordId[] {
  const record = replica.get('patients', id);
  if (record === undefined || record.device === session.device) return [];
  if (record.body.voided !== undefined || survivorOf(replica, id) !== id) return [];
  return possibleDuplicates(replica, record.body)
    .map((alike) => alike.id)
    .filter((other) => other !== id);
}
