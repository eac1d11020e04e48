import type { DeviceShelf } from '../ports.ts';

/** A shelf, and what lets go of everything on it. */
export interface OpenShelf {
  readonly shelf: DeviceShelf;
  close(): Promise<void>;
}
