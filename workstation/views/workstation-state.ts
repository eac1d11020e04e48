import type { OpenDoorView } from './view.ts';

/** Phase, session, people, facility. No patient data. */
export const workstationStateView: OpenDoorView<'workstation.state'> = {
  audience: 'anyone',
  isTouchedBy: (change) => change.kind === 'state',
  compute: (_input, workstation) => workstation.state(),
};
