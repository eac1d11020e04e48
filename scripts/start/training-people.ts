import type { Random } from '#clinic/ports/clock.ts';
import { readablePassphrase } from './readable-passphrase.ts';
import type { TrainingPerson } from './training-file.ts';

type Post = Omit<TrainingPerson, 'passphrase'>;

const administrator: Post = {
  post: 'administrator',
  name: { family: 'Yoʻldosheva', given: 'Malika', patronymic: 'Rustam qizi' },
  roles: ['technician', 'head'],
};
const others: readonly Post[] = [
  {
    post: 'nurse',
    name: { family: 'Karimova', given: 'Nargiza', patronymic: 'Anvar qizi' },
    roles: ['nurse'],
  },
  {
    post: 'doctor',
    name: { family: 'Rahimov', given: 'Jasur', patronymic: 'Olim oʻgʻli' },
    roles: ['doctor'],
  },
];

/** Invented people, each with a new passphrase. The administrator comes first: the first person of a workstation is one. */
export function planPeople(random: Random): [TrainingPerson, ...TrainingPerson[]] {
  const withPassphrase = (post: Post): TrainingPerson => ({
    ...post,
    passphrase: readablePassphrase(random),
  });
  return [withPassphrase(administrator), ...others.map(withPassphrase)];
}
