import { peopleWithAccess } from '../access-desk.ts';
import type { OpenDoorView, SessionView } from './view.ts';

/** Keys, cards and how far a key is, for the lock screen. No patient data. */
export const doorView: OpenDoorView<'access.door'> = {
  audience: 'anyone',
  isTouchedBy: ({ kind }) => kind === 'door' || kind === 'state',
  compute: (_input, workstation) => workstation.door.door(workstation.slots(), workstation.renewal()),
};

/** Who may open this workstation, and how. */
export const peopleView: SessionView<'access.people'> = {
  audience: 'session',
  isTouchedBy: ({ kind }) => kind === 'state' || kind === 'door',
  compute: (_input, session, workstation) => {
    const slots = workstation.slots();
    if (slots === null) return { people: [], paperKeyMadeAt: null };
    const hasCard = workstation.door.hasCard.bind(workstation.door);
    return {
      people: [...peopleWithAccess(slots, session, hasCard)],
      paperKeyMadeAt: slots.paperKeyMadeAt(),
    };
  },
};

/** What was held to a reader last, for the screen of who is at work. */
export const scansView: SessionView<'scans.latest'> = {
  audience: 'session',
  isTouchedBy: ({ kind }) => kind === 'door',
  compute: (_input, _session, workstation) => workstation.door.lastScan(),
};
