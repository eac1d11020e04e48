import type { Person } from '#contracts/bridge/views.ts';
import type { PersonId } from '#contracts/ids.ts';
import type { Translate } from '../wording/words.ts';

/** Who wrote something, among the people that came with it: a name, or that the paper key was used; undefined for who is not among them. */
export function authorWords(
  t: Translate,
  people: readonly Person[],
  by: PersonId | undefined,
): string | undefined {
  const author = people.find(({ id }) => id === by);
  return author?.isComputer === true ? t('paper-key.label') : author?.name;
}
