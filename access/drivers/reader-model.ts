import type { CardReading, CardTrouble, CodeReading } from '../ports.ts';

/** A HID device as the system lists it, before it is opened. Several entries may name one path (one per collection). */
export interface HidDescription {
  /** The system's name for it; a new one for each plugging in as a rule, but not surely. */
  readonly path: string;
  readonly vendorId: number;
  readonly productId: number;
  /** Null where the system does not say. */
  readonly usagePage: number | null;
  readonly usage: number | null;
  /** As the device calls itself; printable, at most 80 characters, may be empty. */
  readonly product: string;
}

/** What a driver made of the bytes. */
export type ReaderNews =
  | { readonly kind: 'card'; readonly reading: CardReading }
  /** The card told last does not lie there any more. */
  | { readonly kind: 'taken' }
  | { readonly kind: 'code'; readonly reading: CodeReading }
  | { readonly kind: 'trouble'; readonly trouble: CardTrouble };

/**
 * Turns reports into news; may keep what spans several. `atMs` is a clock that does not go back. Called with whatever comes over
 * the cable, it never throws, and what it keeps is bounded.
 */
export type ReportDecoder = (report: Uint8Array, atMs: number) => ReaderNews | undefined;

/** Feature reports of a device, without the number in front. Both reject when the device is gone. */
export interface FeaturePipe {
  sendFeature(reportId: number, bytes: Uint8Array): Promise<void>;
  /** At most `length` bytes. */
  getFeature(reportId: number, length: number): Promise<Uint8Array>;
}

/** A device that has to be asked. Rejects when the device is gone. */
export interface FeaturePoll {
  begin(pipe: FeaturePipe): Promise<void>;
  next(pipe: FeaturePipe): Promise<ReaderNews | undefined>;
  /** Leaves the device as it was found. */
  end(pipe: FeaturePipe): Promise<void>;
}

/** How a model gives its readings. */
export type ReaderSource =
  | { readonly way: 'reports'; readonly createDecoder: () => ReportDecoder }
  | { readonly way: 'features'; readonly everyMs: number; readonly createPoll: () => FeaturePoll };

/** One kind of reader: how it is recognised and understood. Each has a file of its own beside, listed in reader-models.ts. */
export interface HidReaderModel {
  /** For logs and ids: lower case, no blanks. */
  readonly name: string;
  readonly kind: 'card-reader' | 'scanner';
  readonly matches: (device: HidDescription) => boolean;
  /** USB ids this account needs access to on Linux; a test holds the udev rules against them. */
  readonly usbIds: readonly { readonly vendorId: number; readonly productId?: number }[];
  readonly source: ReaderSource;
}
