import type { ErrorCode, ErrorDetail } from '#contracts/errors.ts';

/** Why a connection ended. */
export type EndReason =
  /** The link broke, or nothing answered in time. Normal. */
  | { readonly kind: 'lost' }
  /** The center refused. `mayHelpToRepeat`: whether trying again soon can help. */
  | {
      readonly kind: 'refused';
      readonly code: ErrorCode;
      readonly mayHelpToRepeat: boolean;
      readonly detail?: ErrorDetail;
    }
  /** The center had everything erased; nothing of the replica is left (WIP-1). */
  | { readonly kind: 'wiped' }
  /** A message that does not fit the protocol (LNK-2). `what` names a rule or a field, never a value. */
  | { readonly kind: 'misunderstood'; readonly what: string };

/** Thrown inside a connection to end it; caught by the client alone. */
export class SessionEnd extends Error {
  readonly reason: EndReason;

  constructor(reason: EndReason) {
    super(reason.kind === 'misunderstood' ? `misunderstood: ${reason.what}` : reason.kind);
    this.name = 'SessionEnd';
    this.reason = reason;
  }
}

export const misunderstood = (what: string): SessionEnd => new SessionEnd({ kind: 'misunderstood', what });
