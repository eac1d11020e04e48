import type { Random } from '#clinic/ports/clock.ts';
import { readablePassphrase } from './readable-passphrase.ts';
import type { TrainingPerson } from './training-file.ts';

type Post = Omit<TrainingPerson, 'passphrase'>;
type Posts = readonly [Post, ...Post[]];

const firstPosts: Posts = [
  {
    post: 'administrator',
    name: { family: 'Yoʻldosheva', given: 'Malika', patronymic: 'Rustam qizi' },
    roles: ['technician', 'head'],
  },
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

const neighbourPosts: Posts = [
  {
    post: 'administrator',
    name: { family: 'Toʻrayeva', given: 'Dilfuza', patronymic: 'Hamid qizi' },
    roles: ['technician', 'head'],
  },
  {
    post: 'nurse',
    name: { family: 'Saidova', given: 'Zulfiya', patronymic: 'Bahrom qizi' },
    roles: ['nurse'],
  },
  {
    post: 'doctor',
    name: { family: 'Ergashev', given: 'Sherzod', patronymic: 'Nodir oʻgʻli' },
    roles: ['doctor'],
  },
];

const secondPosts: Posts = [
  {
    post: 'administrator',
    name: { family: 'Nazarova', given: 'Gulnora', patronymic: 'Shavkat qizi' },
    roles: ['technician', 'head'],
  },
  {
    post: 'nurse',
    name: { family: 'Ismoilova', given: 'Feruza', patronymic: 'Akmal qizi' },
    roles: ['nurse'],
  },
];

const postsOf = { first: firstPosts, neighbour: neighbourPosts, second: secondPosts } as const;

/**
 * Invented people of the first computer, of the one in another facility, or of the second in the same, each with a new
 * passphrase. The administrator comes first: the first person of a workstation is one.
 */
export function planPeople(
  random: Random,
  computer: keyof typeof postsOf,
): [TrainingPerson, ...TrainingPerson[]] {
  const withPassphrase = (post: Post): TrainingPerson => ({
    ...post,
    passphrase: readablePassphrase(random),
  });
  const [administrator, ...others] = postsOf[computer];
  return [withPassphrase(administrator), ...others.map(withPassphrase)];
}
