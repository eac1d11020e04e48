import type { Replica } from '#clinic/ports/replica.ts';
import { duplicateScore, possibleDuplicateScore } from '#clinic/possible-duplicates.ts';
import type { RequestInput } from '#contracts/bridge/requests.ts';
import type { RecordId } from '#contracts/ids.ts';

/** Somebody who may be the one described, and how likely (DUP-1). */
export interface Alike {
  readonly id: RecordId;
  readonly score: number;
}

type Described = RequestInput<'patients.possible-duplicates'>;

const mostCandidates = 50;
const mostShown = 10;

/**
 * Patients who may be the one described, most likely first. The search index proposes candidates by PINFL and by name in
 * any script, also by the given name alone for who changed her family name; the rule of docs/specs/search.md DUP-1 judges.
 */
export function possibleDuplicates(
  replica: Pick<Replica, 'searchPatients' | 'get'>,
  described: Described,
): readonly Alike[] {
  const { family, given } = described.name;
  const texts = [`${family} ${given}`, `${given} ${described.birth.date.slice(0, 4)}`];
  if (described.pinfl !== undefined) texts.push(described.pinfl);
  const candidates = new Set(
    texts.flatMap((text) => replica.searchPatients(text, mostCandidates)).map(({ id }) => id),
  );
  return [...candidates]
    .map((id) => ({ id, score: scoreOf(replica, id, described) }))
    .filter(({ score }) => score >= possibleDuplicateScore)
    .sort((left, right) => right.score - left.score)
    .slice(0, mostShown);
}

function scoreOf(replica: Pick<Replica, 'get'>, id: RecordId, described: Described): number {
  const body = replica.get('patients', id)?.body;
  return body === undefined || body.voided !== undefined ? 0 : duplicateScore(body, described);
}
