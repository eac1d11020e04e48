import type { Registration } from '#contracts/bridge/requests.ts';
import type { AppError } from '#contracts/errors.ts';
import type { PatientBody } from '#contracts/records/patients.ts';
import { ok, type Result } from '#contracts/result.ts';
import { registrationIssues } from '../forms/registration.ts';
import { normalizeNameParts } from '../identity/names.ts';
import { parsePinfl, pinflContradictions } from '../identity/pinfl.ts';
import { type ActionContext, invalid, withoutUndefined } from './action.ts';

/**
 * Refuses what the registration form refuses: PINFL, dates, and that they agree. A PINFL kept from an import that already
 * failed the check (`before`) does not forbid to change the rest.
 */
export function checkIdentity(entered: Registration, before?: PatientBody): Result<void, AppError> {
  const isOldTrouble = before !== undefined && before.pinfl === entered.pinfl && !isSoundPinfl(before);
  const issues = registrationIssues(entered).filter((issue) => !(isOldTrouble && issue.path === 'pinfl'));
  if (issues.length === 0) return ok(undefined);
  return invalid(
    issues.map((issue) => issue.path),
    issues.map((issue) => issue.message),
  );
}

/** Identity and contacts as they are kept. Without a PINFL the temporary number stands in, see {@link PatientBody}. */
export function identityOf(
  entered: Registration,
  temporaryNumber: string | undefined,
  context: ActionContext,
): Pick<PatientBody, 'name' | 'sex' | 'birth' | 'pinfl' | 'temporaryNumber' | 'phone' | 'address'> {
  const { name, sex, birth, pinfl, phone, address } = entered;
  return withoutUndefined({
    name: normalizeNameParts(name),
    sex,
    birth: withoutUndefined(birth),
    pinfl,
    temporaryNumber: temporaryNumber ?? (pinfl === undefined ? context.newId() : undefined),
    phone,
    address: address === undefined ? undefined : withoutUndefined(address),
  });
}

function isSoundPinfl(body: Pick<PatientBody, 'pinfl' | 'sex' | 'birth'>): boolean {
  if (body.pinfl === undefined) return true;
  const parsed = parsePinfl(body.pinfl);
  return parsed.ok && pinflContradictions(parsed.value, body).length === 0;
}
