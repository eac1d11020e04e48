import type { Result } from '#contracts/result.ts';

/**
 * What a fingerprint scanner gives: a picture, or what it made of one. It is a measurement, never a yes or no, and it opens nothing by
 * itself: a picture can be copied, and nothing in the machine can tell a finger from a copy (ACC-8 holds for keys only).
 */
export type FingerCapture =
  | {
      readonly kind: 'image';
      readonly widthPixels: number;
      readonly heightPixels: number;
      readonly pixelsPerCentimetre: number;
      /** One byte per pixel, row by row from the top left; 0 is black. */
      readonly greyscale: Uint8Array;
    }
  | {
      readonly kind: 'template';
      readonly format: 'iso-19794-2';
      /** A finger minutiae record; see finger-minutiae.ts. */
      readonly record: Uint8Array;
    };

/** `poor`: the finger was wet, dry or badly laid on; try again. */
export type CaptureFailure = 'removed' | 'cancelled' | 'timed-out' | 'poor' | 'garbled';

/**
 * A scanner of fingerprint pictures. No such device with a public protocol is known: they come with a service or library of their maker,
 * and this is where one would be joined. Nothing more than a capture is assumed of it.
 */
export interface FingerprintScanner {
  readonly id: string;
  /** One finger, when it is laid on. Fails with `cancelled` once `signal` is aborted. */
  capture(request: { readonly signal: AbortSignal }): Promise<Result<FingerCapture, CaptureFailure>>;
  onRemoved(told: () => void): () => void;
}
