/** How a paper key is printed: eight groups of five symbols (docs/specs/access.md ACC-26). */
export const groupCount = 8;
export const groupLength = 5;

/** Numbers of the groups as they are printed. */
export const groupNumbers: readonly number[] = Array.from({ length: groupCount }, (_, at) => at + 1);

export const emptyGroups: readonly string[] = Array.from({ length: groupCount }, () => '');

/** What may stand in a group; the workstation takes O for 0, and I and L for 1. */
const clean = (text: string): string => text.toUpperCase().replace(/[^0-9A-Z]/g, '');

/** Letters of another keyboard layout: none of them can be in a paper key, whatever it looks like. */
export const hasOtherLetters = (text: string): boolean => /[^\P{L}A-Za-z]/u.test(text);

/**
 * The groups after `text` was typed or pasted into the group `at`: what is too long goes on in the groups after it. Text with
 * letters of another layout changes nothing, so that what was typed before stays.
 */
export function typeGroups(groups: readonly string[], at: number, text: string): readonly string[] {
  if (hasOtherLetters(text)) return groups;
  let rest = clean(text);
  if (rest.length <= groupLength) return groups.with(at, rest);
  const filled = [...groups];
  for (let group = at; group < groupCount && rest !== ''; group += 1) {
    filled[group] = rest.slice(0, groupLength);
    rest = rest.slice(groupLength);
  }
  return filled;
}

/** Where typing goes on once the group `at` is full: the next one that is not full or has a mistake; null where none is left. */
export function nextGroup(
  groups: readonly string[],
  at: number,
  wrong: readonly number[] = [],
): number | null {
  const isOpen = (index: number) => (groups[index] ?? '').length < groupLength || wrong.includes(index + 1);
  const open = groupNumbers.map((number) => number - 1).find((index) => index > at && isOpen(index));
  return open ?? null;
}

/** Numbers of the groups that something is still to be typed into. */
export const shortGroups = (groups: readonly string[]): readonly number[] =>
  groups.flatMap((group, at) => (group.length < groupLength ? [at + 1] : []));
