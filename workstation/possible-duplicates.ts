import type { PatientHit, Replica } from '#clinic/ports/replica.ts';
import type { RequestInput } from '#contracts/bridge/requests.ts';
import type { RecordId } from '#contracts/ids.ts';
import type { PatientBody } from '#contracts/records/patients.ts';

type Described = RequestInput<'patients.possible-duplicates'>;

const mostCandidates = 50;
const mostShown = 10;
/** Years by which two birth dates of one person are mistaken for each other when one is approximate. */
const approximateYears = 2;

/**
 * Patients who may be the one described: the same PINFL first, then alike in name with a birth date that may be the same
 * one mistyped or half known. The search index does the names, in any script.
 */
export function possibleDuplicates(
  replica: Pick<Replica, 'searchPatients' | 'get'>,
  described: Described,
): readonly RecordId[] {
  const { family, given } = described.name;
  const byPinfl = described.pinfl === undefined ? [] : replica.searchPatients(described.pinfl, 5);
  const byName = replica.searchPatients(`${family} ${given}`, mostCandidates);
  const bodyOf = ({ id }: PatientHit) => replica.get('patients', id)?.body;
  const same = byPinfl.filter((hit) => bodyOf(hit)?.pinfl === described.pinfl);
  const alike = byName.filter((hit) => {
    const body = bodyOf(hit);
    return body !== undefined && body.voided === undefined && isAlike(body, described);
  });
  return [...new Set([...same, ...alike].map(({ id }) => id))].slice(0, mostShown);
}

function isAlike(body: PatientBody, described: Described): boolean {
  // Two different PINFLs are two people, whatever their names.
  const hasOtherPinfl =
    body.pinfl !== undefined && described.pinfl !== undefined && body.pinfl !== described.pinfl;
  return !hasOtherPinfl && body.sex === described.sex && mayBeSameBirth(body.birth, described.birth);
}

type Birth = PatientBody['birth'];

/** Equal as far as both are known; day and month exchanged; one part mistyped; or approximate and near. */
export function mayBeSameBirth(left: Birth, right: Birth): boolean {
  const [leftYear = 0, leftMonth, leftDay] = left.date.split('-').map(Number);
  const [rightYear = 0, rightMonth, rightDay] = right.date.split('-').map(Number);
  const yearsApart = Math.abs(leftYear - rightYear);
  if (left.approximate === true || right.approximate === true) return yearsApart <= approximateYears;
  if (leftMonth === undefined || rightMonth === undefined) return yearsApart === 0;
  if (leftDay === undefined || rightDay === undefined) return yearsApart === 0 && leftMonth === rightMonth;
  if (yearsApart === 0 && leftMonth === rightDay && leftDay === rightMonth) return true;
  const equalParts = [yearsApart === 0, leftMonth === rightMonth, leftDay === rightDay];
  return equalParts.filter(Boolean).length >= 2;
}
