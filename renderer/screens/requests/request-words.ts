import { dayAt } from '#clinic/clinic-day.ts';
import { formatDate } from '#clinic/formats.ts';
import type { RequestRow } from '#contracts/bridge/views.ts';
import type { Language } from '#contracts/languages.ts';
import { formatPinfl, plainName } from '../../parts/patient-words.ts';
import type { Translate } from '../../wording/words.ts';

/** Whom a request is about, as far as it is known here. */
export function subjectOf(t: Translate, row: RequestRow): string {
  if (row.patient !== null) return plainName(row.patient.name);
  const { matter } = row.body;
  return matter.kind === 'access' ? formatPinfl(matter.pinfl) : t('request.patient-coming');
}

/** From or to which facility, in the language of the screen. */
export function facilityOf(t: Translate, row: RequestRow, language: Language): string | null {
  if (row.facility === null) return null;
  // What was asked for comes from there, although the request went there.
  const direction = row.body.matter.kind === 'access' ? 'incoming' : row.direction;
  return t(`request.${direction}`, { facility: row.facility.name[language] });
}

/** How the request stands, with the date the copy goes where there is one. */
export function stateOf(t: Translate, row: RequestRow): string {
  return row.state === 'granted' && row.until !== null
    ? t('request.granted-until', { date: formatDate(dayAt(row.until)) })
    : t(`request.state-${row.state}`);
}

/** Whether somebody here has to do something about it. */
export const isWaitingForUs = (row: RequestRow): boolean =>
  row.direction === 'incoming' && (row.state === 'sent' || row.state === 'seen' || row.state === 'accepted');
