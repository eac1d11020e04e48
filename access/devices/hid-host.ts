import type { Result } from '#contracts/result.ts';
import type { HidPipe } from '../ctap/hid-pipe.ts';
import type { FeaturePipe, HidDescription } from '../drivers/reader-model.ts';

/**
 * Why a device did not open. `no-permission`: the system keeps this account from it; `in-use`: another program holds it;
 * `gone`: unplugged meanwhile.
 */
export type HidOpenFailure = 'no-permission' | 'in-use' | 'gone' | 'failed';

/** An open device: reports and feature reports. */
export type OpenHid = HidPipe & FeaturePipe;

/** The system's HID devices. Implementations: node-hid-host.ts, the double beside the registry's tests. */
export interface HidHost {
  /** What is plugged in, one entry per top-level collection. Rejects when the system does not answer. */
  list(): Promise<readonly HidDescription[]>;
  open(path: string): Promise<Result<OpenHid, HidOpenFailure>>;
}
