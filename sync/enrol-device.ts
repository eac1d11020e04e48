import { verify } from 'node:crypto';
import type { Random, Timers } from '#clinic/ports/clock.ts';
import { type AppError, appError } from '#contracts/errors.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import type { CenterMessage } from '#contracts/wire/center-messages.ts';
import { protocolVersion } from '#contracts/wire/protocol.ts';
import { Conversation } from './client/conversation.ts';
import { openWith } from './client/handshake.ts';
import { defaultLimits } from './client/limits.ts';
import { SessionEnd } from './client/session-end.ts';
import {
  certificateText,
  type DeviceIdentity,
  generateDeviceKeys,
  publicKeyOf,
  type Ticket,
} from './device-identity.ts';
import type { Connect } from './transports/transport.ts';

export interface Enrolment {
  readonly connect: Connect;
  /** Where `connect` leads, ws: or wss:; kept in the identity. */
  readonly centerUrl: string;
  /** As typed; spaces and dashes do not count. */
  readonly code: string;
  /** Name of the workstation, for people; at most 80 characters. */
  readonly label: string;
  readonly program: string;
  readonly random: Random;
  readonly timers: Timers;
}

export interface EnrolledDevice {
  readonly identity: DeviceIdentity;
  /** First ticket; keep both with `saveDeviceIdentity` in one transaction. */
  readonly ticket: Ticket;
}

type Enrolled = Extract<CenterMessage, { readonly type: 'enrolled' }>;

/**
 * Asks the center to accept this workstation under a fresh key pair, and checks its certificate. Writes nothing. Fails
 * with `enrolment.code-unknown`, `enrolment.code-stale`, `enrolment.center-unreachable`, `sync.protocol-mismatch` (detail:
 * ours, theirs), `sync.proof-refused` (the certificate is not the center's), `sync.unknown-message`, or what else the
 * center refuses with.
 */
export async function enrolDevice(enrolment: Enrolment): Promise<Result<EnrolledDevice, AppError>> {
  let conversation: Conversation | undefined;
  try {
    const transport = await enrolment.connect();
    conversation = new Conversation(transport, enrolment.timers, { unasked: () => {}, ended: () => {} });
    return await converse(conversation, enrolment);
  } catch (error) {
    if (error instanceof SessionEnd) return fail(errorOf(error));
    if (conversation !== undefined) throw error;
    return fail(appError('enrolment.center-unreachable'));
  } finally {
    conversation?.end(new SessionEnd({ kind: 'lost' }));
  }
}

async function converse(
  conversation: Conversation,
  { code, label, program, random, centerUrl }: Enrolment,
): Promise<Result<EnrolledDevice, AppError>> {
  const challenge = await openWith(
    conversation,
    { program, limits: defaultLimits },
    { packings: ['none'], dictionaries: [] },
  );
  const keys = generateDeviceKeys(random);
  const enrolled = await conversation.ask(
    { type: 'enrol', code: normaliseCode(code), publicKey: keys.publicKey, label: label.slice(0, 80) },
    ['enrolled'],
    defaultLimits.handshakeMs,
  );
  if (!isCertified(enrolled, keys.publicKey)) return fail(appError('sync.proof-refused'));
  const { device, scope, ticket, certificate, centerKey } = enrolled;
  const centerId = challenge.center;
  return ok({
    identity: { device, scope, centerUrl, centerId, centerKey, certificate, privateKey: keys.privateKey },
    ticket,
  });
}

/** Crockford's base 32 as people type it: any case, with spaces and dashes, O for 0, I and L for 1. */
export const normaliseCode = (code: string): string =>
  code.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1').slice(0, 40);

function isCertified({ device, scope, certificate, centerKey }: Enrolled, publicKey: string): boolean {
  const text = Buffer.from(certificateText(device, scope, publicKey));
  try {
    return verify(null, text, publicKeyOf(centerKey), Buffer.from(certificate, 'base64'));
  } catch {
    // Not a key at all.
    return false;
  }
}

function errorOf({ reason }: SessionEnd): AppError {
  if (reason.kind === 'lost' || reason.kind === 'wiped') return appError('enrolment.center-unreachable');
  if (reason.kind === 'misunderstood') return appError('sync.unknown-message', { what: reason.what });
  if (reason.code !== 'sync.protocol-mismatch') return appError(reason.code);
  return appError(reason.code, { ours: protocolVersion, ...reason.detail });
}
