import type * as v from 'valibot';
import type { CenterMessage, WelcomeSchema } from '#contracts/wire/center-messages.ts';
import { oldestProtocolVersion, protocolVersion } from '#contracts/wire/protocol.ts';
import { type DeviceIdentity, loadTicket, saveTicket, signProof } from '../device-identity.ts';
import type { Conversation } from './conversation.ts';
import { SessionEnd } from './session-end.ts';
import type { SyncContext } from './sync-context.ts';
import { meetEpoch, noteFirstCopy } from './sync-memory.ts';

export type Welcome = v.InferOutput<typeof WelcomeSchema>;
type Challenge = Extract<CenterMessage, { readonly type: 'challenge' }>;

/**
 * hello, challenge, prove, welcome; then the new ticket and the epoch are made durable in one transaction, and only after
 * that the ticket is confirmed (TKT-3). Throws a `SessionEnd`, or a `ReplicaFailure` when the disk refuses.
 */
export async function greet(
  conversation: Conversation,
  context: SyncContext,
): Promise<{ readonly welcome: Welcome; readonly isNewEpoch: boolean }> {
  const challenge = await openWith(conversation, context);
  checkCenter(challenge, context.identity);
  const ticket = loadTicket(context.replica.settings);
  const welcome = await conversation.ask(
    {
      type: 'prove',
      device: context.identity.device,
      ticket,
      signature: signProof(context.identity, challenge.nonce, ticket),
    },
    'welcome',
    context.limits.handshakeMs,
  );
  const isNewEpoch = await keepWelcome(welcome, context);
  conversation.throwIfEnded();
  conversation.tell({ type: 'confirm-ticket', ticket: welcome.ticket });
  return { welcome, isNewEpoch };
}

/** Says hello and checks that both sides speak alike (VER-2). */
export async function openWith(
  conversation: Conversation,
  { program, limits }: Pick<SyncContext, 'program' | 'limits'>,
): Promise<Challenge> {
  const challenge = await conversation.ask(
    { type: 'hello', protocol: protocolVersion, program },
    'challenge',
    limits.handshakeMs,
  );
  if (challenge.protocol < oldestProtocolVersion) throw versionMismatch(challenge.protocol);
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

async function keepWelcome(welcome: Welcome, { replica, clock }: SyncContext): Promise<boolean> {
  return replica.transact((transaction) => {
    saveTicket(transaction.settings, welcome.ticket);
    const { isNew } = meetEpoch(transaction, welcome.epoch, clock.now());
    const [own] = welcome.scopes;
    if (own !== undefined) noteFirstCopy(transaction, own.scope, own.head);
    return isNew;
  });
}
