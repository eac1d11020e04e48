import { centerMutations } from './center-mutations.ts';
import { clientMutations } from './client-mutations.ts';
import { itemMutations } from './item-mutations.ts';
import { keyMutations } from './key-mutations.ts';
import { memoryMutations } from './memory-mutations.ts';
import type { Mutation } from './mutation.ts';
import { patienceMutations } from './patience-mutations.ts';
import { patientMutations } from './patient-mutations.ts';
import { quickCheckMutations } from './quick-check-mutations.ts';
import { secondWayMutations } from './second-way-mutations.ts';
import { slotMutations } from './slot-mutations.ts';
import { storeMutations } from './store-mutations.ts';
import { windowsMutations } from './windows-mutations.ts';

/** What `npm run mutate` plants, in its order. */
export const everyMutation: readonly Mutation[] = [
  ...clientMutations,
  ...storeMutations,
  ...centerMutations,
  ...keyMutations,
  ...slotMutations,
  ...secondWayMutations,
  ...windowsMutations,
  ...memoryMutations,
  ...patientMutations,
  ...quickCheckMutations,
  ...patienceMutations,
  ...itemMutations,
];
