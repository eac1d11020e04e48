import type { TrainingComputer, TrainingPerson } from './training-file.ts';

/** By whom and by what a training computer is opened. */
type Openers = Pick<TrainingComputer, 'people' | 'paperKey'>;

/** What the terminal shows once everything runs. */
export function welcome(address: string, pageUrl: string, openers: Openers): string {
  return `
Hamshira is running, for training: nobody in it exists.

  Workstation:    ${address}
  Center's page:  ${pageUrl}

  Who can sign in, and the passphrase:
${linesOf(openers)}

  Keys:  c  stop or start the center
         w  kill the workstation and start it again
         n  open a computer of the neighbouring facility (refer to it, ask it for records)
         s  open a second computer of this facility (write the same patient on both)
         q  quit
`;
}

const titles = {
  neighbour: 'The computer of the neighbouring facility is running.',
  second: 'The second computer of this facility is running.',
} as const;

/** What the terminal shows once a further computer runs. */
export const computerOpened = (which: keyof typeof titles, address: string, openers: Openers): string => `
${titles[which]}

  Workstation:    ${address}

${linesOf(openers)}
`;

function linesOf({ people, paperKey }: Openers): string {
  const named = people.map((person) => ({ ...person, shown: nameOf(person) }));
  const width = Math.max(...named.map(({ shown }) => shown.length));
  const lines = named.map(
    ({ shown, passphrase, post }) => `    ${shown.padEnd(width)}   ${passphrase}   ${post}`,
  );
  // Not aligned with the names: it is nobody's.
  if (paperKey !== undefined) lines.push('', `  Paper key, for an emergency:  ${paperKey}`);
  return lines.join('\n');
}

export const centerStopped = 'The center is stopped. Work on; c starts it again.';
export const centerStarted = (pageUrl: string): string =>
  `The center is running.\n  Center's page:  ${pageUrl}`;
export const workstationRestarted = (address: string): string =>
  `The workstation was killed and is running again.\n  Workstation:    ${address}`;

/** Family name first, as on the workstation's own list. */
export const nameOf = ({ name }: TrainingPerson): string => `${name.family} ${name.given} ${name.patronymic}`;
