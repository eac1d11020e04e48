import { createHash } from 'node:crypto';
import type { Random } from '../ports.ts';

/** The tickets the center keeps of a device, as hashes. */
export interface TicketState {
  /** Durable at the device as far as the center knows; null after a restore of the center. */
  readonly confirmed: string | null;
  /** Sent with the last welcome; null once confirmed. */
  readonly offered: string | null;
}

/** What a ticket shown at `prove` means. */
export type TicketJudgement =
  /** The next state, with the fresh ticket offered. */
  { readonly kind: 'accepted'; readonly next: TicketState } | { readonly kind: 'cloned' };

/** A new ticket: 32 random bytes, hex. */
export const newTicket = (random: Random) => Buffer.from(random.bytes(32)).toString('hex');

/** What the center keeps instead of a ticket. */
export const hashTicket = (ticket: string) => createHash('sha256').update(ticket, 'utf8').digest('hex');

/**
 * Judges a ticket shown by a device that proved its key (docs/specs/center.md TIC-1 to TIC-4). The device holds either the
 * confirmed ticket, or the offered one if its confirmation was lost. Any other one was used up before: a second machine
 * has the same key.
 */
export function judgeTicket(state: TicketState, shown: string, fresh: string): TicketJudgement {
  const isKnown = state.confirmed === null || shown === state.confirmed || shown === state.offered;
  return isKnown ? { kind: 'accepted', next: { confirmed: shown, offered: fresh } } : { kind: 'cloned' };
}

/** After `confirm-ticket`: the offered one alone counts. Undefined if it is not the one on offer. */
export function confirmTicket(state: TicketState, ticket: string): TicketState | undefined {
  if (ticket === state.offered) return { confirmed: ticket, offered: null };
  return ticket === state.confirmed && state.offered === null ? state : undefined;
}
