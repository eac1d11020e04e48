import { type Mutation, system, unit } from './mutation.ts';

const slots = unit('access/credential-slots.test.ts');
const upgrade = unit('access/slot-upgrade.test.ts');
const glass = unit('access/break-glass.test.ts');
const rotation = unit('access/rotation.test.ts');
const renewal = system('testing/workstation/key-renewal.test.ts');

/** Bugs in slots, rotation and break-glass (docs/specs/access.md). */
export const slotMutations: readonly Mutation[] = [
  {
    name: 'a changed list is believed',
    why: 'somebody without a key renames people, or puts a door of his own into the list',
    edits: [
      {
        file: 'access/slot-list.ts',
        find: 'return timingSafeEqual(fromBase64(file.mac), macOf(dataKey, file));',
        replace: 'return fromBase64(file.mac).length === macOf(dataKey, file).length;',
      },
    ],
    traps: [slots],
  },
  {
    name: 'a slot opens in any place',
    why: "one person's slot is moved to another's name",
    edits: [
      {
        file: 'access/slot-binding.ts',
        find: "bound('seed', database, person, id, method)",
        replace: "bound('seed', database, id.slice(0, 0), person.slice(0, 0), method)",
      },
      {
        file: 'access/slot-binding.ts',
        find: "bound('data key', database, generation, person, id, method)",
        replace: "bound('data key', database, generation, id.slice(0, 0), person.slice(0, 0), method)",
      },
    ],
    traps: [slots],
  },
  {
    name: 'the second touch proves nothing',
    why: 'a key is enrolled that never opens again',
    edits: [
      {
        file: 'access/slot-making.ts',
        find: 'return opensToOwner(list, slot, proof, owner)',
        replace: 'return opensToOwner(list, slot, proof, owner) || proof !== undefined',
      },
    ],
    traps: [slots, unit('access/slot-webauthn.test.ts')],
  },
  {
    name: "anybody's keys go into a slot",
    why: "a slot of one person signs in another's name",
    edits: [
      {
        file: 'access/slot-changing.ts',
        find: "if (keys !== 'new' && !held.isOwn(person.id, keys))",
        replace: "if (keys !== 'new' && held.isOwn(person.id, keys) && keys.isWiped)",
      },
    ],
    traps: [glass],
  },
  {
    name: 'a share is the secret',
    why: 'one holder alone opens',
    edits: [
      {
        file: 'access/shares.ts',
        find: 'byte ^ multiply(slope[at] ?? 0, place)',
        replace: 'byte ^ (0 * multiply(slope[at] ?? 0, place))',
      },
    ],
    traps: [unit('access/shares.test.ts'), glass],
  },
  {
    name: 'a removed slot keeps the key',
    why: 'no new data key is due, and the lost key opens with the old list',
    edits: [
      {
        file: 'access/slot-list.ts',
        find: 'isRotationDue: list.isRotationDue || hadAny,',
        replace: 'isRotationDue: list.isRotationDue || (hadAny && list.slots.length === 0),',
      },
    ],
    traps: [glass, renewal],
  },
  {
    name: 'the list is sealed for the old key',
    why: 'after a rotation nobody opens the records',
    edits: [
      {
        file: 'access/slot-changing.ts',
        find: 'rotatedList(held.environment, held.list, next)',
        replace: 'rotatedList(held.environment, held.list, dataKey)',
      },
    ],
    traps: [rotation, renewal],
  },
  {
    name: 'the new pair takes the old place at once',
    why: 'a power cut between removing and renaming leaves nothing',
    edits: [
      {
        file: 'access/rotation.ts',
        find: 'await disk.move(places.staging, places.complete);',
        replace: 'await disk.remove(places.current).then(() => disk.move(places.staging, places.current));',
      },
    ],
    traps: [rotation, system('testing/power-cuts/rotation.test.ts')],
  },
  {
    name: 'an older list is taken',
    why: 'a way in that was taken away opens again',
    edits: [
      {
        file: 'workstation/list-freshness.ts',
        find: '(slots.isFromBackup ? 1 : 0) < newestSeen(settings)',
        replace: '(slots.isFromBackup ? 1 : 0) < Math.min(0, newestSeen(settings))',
      },
    ],
    traps: [renewal],
  },
  {
    name: 'a second old slot makes other keys',
    why: 'her signing key changes from slot to slot, and what she signed is unknown',
    edits: [
      {
        file: 'access/slot-unlocking.ts',
        find: 'person.signingKey === null ? PersonKeys.make(environment.random) : null;',
        replace: 'PersonKeys.make(environment.random);',
      },
    ],
    traps: [upgrade],
  },
];
