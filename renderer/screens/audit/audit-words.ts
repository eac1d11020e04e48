import { type AuditRow, auditActions } from '#contracts/bridge/audit.ts';
import { appError, errorCodes } from '#contracts/errors.ts';
import { describeError, type Translate } from '../../wording/words.ts';

/** What the words for a line need from around it. */
export interface AuditSurroundings {
  /** Whose trail it is: where nobody proved to be somebody, the computer itself acted (`personOfComputer`). */
  readonly device: string | null;
  /** Who is enrolled here. */
  readonly people: readonly { readonly id: string; readonly name: string }[];
}

/** Plain words; an action of a newer or an older program is shown as it is written. */
export function describeAction(t: Translate, action: string): string {
  const known = auditActions.find((each) => each === action);
  return known === undefined ? action : t(`audit-action.${known}`);
}

/** Who did it. The records were opened by the paper key where the computer's own id stands: who held it is in the reason. */
export function describeActor(
  t: Translate,
  { person, personId }: AuditRow,
  { device }: AuditSurroundings,
): string {
  if (person !== null) return person.name;
  if (personId === null) return t('audit.computer');
  return t(String(personId) === device ? 'paper-key.label' : 'audit.unknown-person');
}

/**
 * What a person wrote stands as it is; the program's own marks are put into words: a refusal's code, and the id of the second of two
 * people before their reason. Whose key or passphrase it was stands before. Which signing key was made is nobody's reason.
 */
export function describeReason(t: Translate, row: AuditRow, around: AuditSurroundings): string | null {
  const parts = [row.subject?.name ?? null, describeWhy(t, row, around)].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(': ');
}

function describeWhy(
  t: Translate,
  { action, reason }: AuditRow,
  { people }: AuditSurroundings,
): string | null {
  if (reason === null || action === 'keys.signing') return null;
  const gone = removals.find((each) => action === 'keys.remove' && each === reason);
  if (gone !== undefined) return t(`remove-key.${gone}`);
  const code = errorCodes.find((each) => each === reason);
  if (code !== undefined) return describeError(t, appError(code));
  const second = secondPerson.exec(reason);
  if (second === null) return reason;
  const [start, id] = second;
  const name = people.find((each) => each.id === id)?.name ?? t('audit.unknown-person');
  return `${name}: ${reason.slice(start.length)}`;
}

const removals = ['lost', 'broken', 'unwanted'] as const;
const secondPerson = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}): /;
