import * as v from 'valibot';
import { type Registration, RegistrationSchema } from '#contracts/bridge/requests.ts';
import type { Day } from '#contracts/ids.ts';
import { isCalendarDay } from '../clinic-day.ts';
import { parsePinfl, pinflContradictions } from '../identity/pinfl.ts';

/** One field that is not right. `message` is an id of the catalogues, `issue.<message>`; never a sentence. */
export interface FieldIssue {
  /** Dotted path in the registration. */
  readonly path: string;
  readonly message: string;
}

/** Nobody living is older; see the records of the Gerontology Research Group (122 years). */
const oldestYears = 125;

/** What is wrong with a registration, in the order of the form; empty if it may be saved. */
export function registrationIssues(entered: unknown): readonly FieldIssue[] {
  const parsed = v.safeParse(RegistrationSchema, entered);
  if (!parsed.success) {
    return parsed.issues.map((issue) => {
      const path = v.getDotPath(issue) ?? '';
      return { path, message: messageByPath[path] ?? 'field.invalid' };
    });
  }
  return [...birthIssues(parsed.output), ...pinflIssues(parsed.output)];
}

/**
 * What a person should look at twice before saving. `today` comes from a clock that may be wrong by years, so a birth
 * after it never forbids: a newborn must be registered on a machine whose battery is dead.
 */
export function registrationWarnings(
  entered: Pick<Registration, 'birth'>,
  today: Day,
): readonly FieldIssue[] {
  const { date } = entered.birth;
  const path = 'birth.date';
  if (date > today.slice(0, date.length)) return [{ path, message: 'birth.future' }];
  if (Number(date.slice(0, 4)) < Number(today.slice(0, 4)) - oldestYears) {
    return [{ path, message: 'birth.too-long-ago' }];
  }
  return [];
}

const messageByPath: Readonly<Record<string, string>> = {
  'name.family': 'family.required',
  'name.given': 'given.required',
  sex: 'sex.required',
  'birth.date': 'birth.required',
  pinfl: 'pinfl.length',
  phone: 'phone.invalid',
  'address.mahalla': 'mahalla.invalid',
};

function birthIssues({ birth }: Registration): readonly FieldIssue[] {
  const isWhole = birth.date.length === 10;
  return isWhole && !isCalendarDay(birth.date) ? [{ path: 'birth.date', message: 'birth.not-a-day' }] : [];
}

function pinflIssues(entered: Registration): readonly FieldIssue[] {
  if (entered.pinfl === undefined) return [];
  const parsed = parsePinfl(entered.pinfl);
  if (!parsed.ok) return [{ path: 'pinfl', message: parsed.error }];
  return pinflContradictions(parsed.value, entered).map((field) => ({
    path: 'pinfl',
    message: `pinfl.contradicts-${field}`,
  }));
}
