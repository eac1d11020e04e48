import type { CenterMessage } from '#contracts/wire/center-messages.ts';
import { protocolVersion } from '#contracts/wire/protocol.ts';
import { type DeviceIdentity, loadTicket, saveTicket, signProof } from '../device-identity.ts';
import { meetKeptHead } from '../kept-head.ts';
import type { Conversation, MessageOf } from './conversation.ts';
import type { LinkMeter } from './link-meter.ts';
import { noteWelcome } from './offline-limit.ts';
import { misunderstood, SessionEnd } from './session-end.ts';
import type { SyncContext } from './sync-context.ts';
import { meetEpoch, noteFirstCopy, noteReread } from './sync-memory.ts';
import { isGenuineWipe } from './wipe-order.ts';

export type Welcome = MessageOf<'welcome'>;
type Challenge = Extract<CenterMessage, { readonly type: 'challenge' }>;

/** What `hello` says of packing. */
export interface OfferedPackings {
  readonly packings: readonly ('zstd' | 'deflate' | 'none')[];
  readonly dictionaries: readonly number[];
}

/**
 * hello, challenge, prove, welcome; then the new ticket and the epoch are made durable in one transaction, and only after
 * that the ticket is confirmed (TKT-3). Throws a `SessionEnd`, but not for an end that came after the epoch was made durable:
 * what is pending again has to be known to be in doubt (PULL-5), and no later connection says so. Throws a `ReplicaFailure`
 * when the disk refuses.
 */
export async function greet(
  conversation: Conversation,
  context: SyncContext,
  meter: LinkMeter,
  offered: OfferedPackings,
): Promise<{ readonly welcome: Welcome; readonly isNewEpoch: boolean }> {
  const { clock, identity, limits, replica } = context;
  const greeting = meter.departs(0, clock.now());
  const challenge = await openWith(conversation, context, offered);
  meter.answered(greeting, clock.now());
  checkCenter(challenge, identity);
  const ticket = loadTicket(replica.settings);
  const signature = signProof(identity, challenge.nonce, ticket);
  const departure = meter.departs(0, clock.now());
  const answer = await conversation.ask(
    { type: 'prove', device: identity.device, ticket, signature },
    ['welcome', 'wipe'],
    limits.handshakeMs,
  );
  meter.answered(departure, clock.now());
  if (answer.type === 'wipe') return obeyWipe(conversation, context, answer, challenge.nonce);
  const isNewEpoch = await keepWelcome(answer, context);
  conversation.tell({ type: 'confirm-ticket', ticket: answer.ticket });
  return { welcome: answer, isNewEpoch };
}

/** Says hello and checks that both sides speak alike (VER-2). */
export async function openWith(
  conversation: Conversation,
  { program, limits }: Pick<SyncContext, 'program' | 'limits'>,
  { packings, dictionaries }: OfferedPackings,
): Promise<Challenge> {
  const challenge = await conversation.ask(
    {
      type: 'hello',
      protocol: protocolVersion,
      program,
      packings: [...packings],
      dictionaries: [...dictionaries],
    },
    ['challenge'],
    limits.handshakeMs,
  );
  if (challenge.protocol !== protocolVersion) throw versionMismatch(challenge.protocol);
  return challenge;
}

const versionMismatch = (theirs: number): SessionEnd =>
  new SessionEnd({
    kind: 'refused',
    code: 'sync.protocol-mismatch',
    mayHelpToRepeat: false,
    detail: { ours: protocolVersion, theirs },
  });

/** Another center at the same address: it cannot know this device, and gets no signature (TKT-6). */
function checkCenter(challenge: Challenge, identity: DeviceIdentity): void {
  if (challenge.center === identity.centerId) return;
  throw new SessionEnd({ kind: 'refused', code: 'sync.device-unknown', mayHelpToRepeat: false });
}

/** Erases everything, then says so (WIP-1). Always throws. */
async function obeyWipe(
  conversation: Conversation,
  { identity, onWipe }: SyncContext,
  order: MessageOf<'wipe'>,
  nonce: string,
): Promise<never> {
  if (!isGenuineWipe(order, identity, nonce)) throw misunderstood('wipe: not signed by the center');
  await onWipe();
  conversation.tell({ type: 'wiped', device: identity.device });
  throw new SessionEnd({ kind: 'wiped' });
}

async function keepWelcome(welcome: Welcome, { replica, clock }: SyncContext): Promise<boolean> {
  return replica.transact((transaction) => {
    saveTicket(transaction.settings, welcome.ticket);
    const { isNew } = meetEpoch(transaction, welcome.epoch, clock.now());
    noteWelcome(transaction.settings, clock.now(), welcome.offlineLimitMs);
    if (welcome.audit !== undefined)
      meetKeptHead(transaction, replica.auditTrail, welcome.audit, clock.now());
    const [own] = welcome.scopes;
    if (own !== undefined) {
      noteFirstCopy(transaction, own.scope, own.head);
      noteReread(transaction, own.scope, own.head);
    }
    return isNew;
  });
}
