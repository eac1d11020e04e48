import type { Person } from '#contracts/bridge/views.ts';
import type { PersonId } from '#contracts/ids.ts';
import type { Translate } from '../wording/words.ts';

/**
 * Who wrote something, among the people that came with it: a name, or that the paper key was used. A later version from elsewhere hides
 * which computer a paper key was used at (ACC-31): who is not among them is said to be one of the two that it can be. Undefined where
 * nobody wrote.
 */
export function authorWords(
  t: Translate,
  people: readonly Person[],
  by: PersonId | undefined,
): string | undefined {
  if (by === undefined) return undefined;
  const author = people.find(({ id }) => id === by);
  if (author === undefined) return t('author.not-here');
  return author.isComputer === true ? t('paper-key.label') : author.name;
}
