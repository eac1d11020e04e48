import { fail, ok, type Result } from '#contracts/result.ts';
import type { DeviceProgress, Verification } from '../ports.ts';
import { type CborMap, type CborValue, cborMap, encodeCbor } from './cbor.ts';
import { asMap, bytesAt, countAt, listAt, textAt } from './cbor-fields.ts';
import { permission, type VerificationToken } from './client-pin.ts';
import { type Asking, withoutOwner } from './conversation.ts';
import { type CtapFailure, ctapStatus } from './status.ts';
import { beginAgreement, type KnownKey, verifyOwner, withAttemptsLeft } from './verification.ts';

/** authenticatorBioEnrollment, final (0x09) and preview (0x40) alike: CTAP 2.1, 6.7. */
const parameter = {
  modality: 0x01,
  subcommand: 0x02,
  parameters: 0x03,
  protocol: 0x04,
  authentication: 0x05,
} as const;
const detail = { template: 0x01, name: 0x02, timeoutMs: 0x03 } as const;
const answerField = {
  samplesWanted: 0x03,
  template: 0x04,
  sampleStatus: 0x05,
  remaining: 0x06,
  templates: 0x07,
} as const;
const subcommand = {
  begin: 0x01,
  next: 0x02,
  cancel: 0x03,
  list: 0x04,
  rename: 0x05,
  remove: 0x06,
  sensor: 0x07,
} as const;
const fingerprint = 0x01;

/** How long the key waits for one touch. */
const touchTimeoutMs = 15_000;
/** More touches than any key wants for one finger: a key that never has enough is given up. */
const mostSamples = 60;
/** Touches that nobody made, one after another, before enrolling is given up. */
const mostIdleSamples = 2;
/** Names on a key are read by anybody who holds it; keys take at most 64 bytes. */
const longestName = 64;

/** How one touch went (CTAP 2.1, 6.7.1). */
export type SampleQuality =
  | 'good'
  | 'too-high'
  | 'too-low'
  | 'too-left'
  | 'too-right'
  | 'too-fast'
  | 'too-slow'
  | 'poor'
  | 'skewed'
  | 'too-short'
  | 'not-merged'
  | 'already-enrolled'
  | 'nobody-touched'
  | 'not-lifted'
  | 'unknown';

const qualities: readonly SampleQuality[] = [
  'good',
  'too-high',
  'too-low',
  'too-left',
  'too-right',
  'too-fast',
  'too-slow',
  'poor',
  'skewed',
  'too-short',
  'not-merged',
  'already-enrolled',
  // 0x0c is reserved.
  'unknown',
  'nobody-touched',
  'not-lifted',
];

/** After each touch: "3 of 5 good". */
export interface SampleNews {
  readonly good: number;
  readonly wanted: number;
  readonly last: SampleQuality;
}

/** A finger that the key knows. */
export interface EnrolledFinger {
  /** Base64, the key's own number for it. */
  readonly id: string;
  readonly name: string;
}

/** What looking after fingers needs from its caller. */
export interface FingerCare {
  readonly verification: Verification;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: DeviceProgress) => void;
}

export interface FingerEnrolment extends FingerCare {
  /** As the key shall call it, at most 64 bytes of UTF-8: "right index", never a person. Undefined: no name. */
  readonly name?: string | undefined;
  readonly onSample: (news: SampleNews) => void;
}

/**
 * Teaches the key a finger, touch by touch, until it has enough. Cancelled or failed in the middle, nothing is kept: the
 * key is told so. Fails with `not-set-up` where the key wants a PIN first.
 */
export async function enrolFinger(
  key: KnownKey,
  order: FingerEnrolment,
): Promise<Result<EnrolledFinger, CtapFailure>> {
  return withFingerToken(key, order, async (session) => {
    const wanted = await samplesWanted(session);
    if (!wanted.ok) return wanted;
    const taken = await takeSamples(session, wanted.value, order.onSample);
    if (!taken.ok) {
      if (taken.error.failure !== 'removed')
        await session.ask(subcommand.cancel, undefined, false, withoutOwner());
      return taken;
    }
    const name = shortened(order.name ?? '');
    if (name === '') return ok({ id: base64(taken.value), name });
    const named = await session.ask(subcommand.rename, templateDetail(taken.value, name));
    return named.ok ? ok({ id: base64(taken.value), name }) : named;
  });
}

/** The fingers the key knows; none is an empty list. */
export async function listFingers(
  key: KnownKey,
  care: FingerCare,
): Promise<Result<readonly EnrolledFinger[], CtapFailure>> {
  return withFingerToken(key, care, async (session) => {
    const answer = await session.ask(subcommand.list, undefined);
    // An empty list comes as "invalid option" (CTAP 2.1, 6.7.6).
    if (!answer.ok) return isRefusedAs(answer.error, ctapStatus.invalidOption) ? ok([]) : answer;
    const templates = (listAt(answer.value, answerField.templates) ?? []).map(fingerOf);
    const known = templates.filter((finger) => finger !== undefined);
    return known.length === templates.length ? ok(known) : fail({ failure: 'garbled' });
  });
}

/** Another name for a finger. */
export async function renameFinger(
  key: KnownKey,
  care: FingerCare & { readonly finger: string; readonly name: string },
): Promise<Result<undefined, CtapFailure>> {
  return withFingerToken(key, care, async (session) =>
    nothing(
      await session.ask(
        subcommand.rename,
        templateDetail(Buffer.from(care.finger, 'base64'), shortened(care.name)),
      ),
    ),
  );
}

/** Makes the key forget a finger. Credentials stay. */
export async function removeFinger(
  key: KnownKey,
  care: FingerCare & { readonly finger: string },
): Promise<Result<undefined, CtapFailure>> {
  return withFingerToken(key, care, async (session) =>
    nothing(await session.ask(subcommand.remove, templateDetail(Buffer.from(care.finger, 'base64')))),
  );
}

/** Commands to the sensor under one token. */
interface FingerSession {
  ask(
    command: number,
    details: CborMap | undefined,
    isAuthenticated?: boolean,
    asking?: Asking,
  ): Promise<Result<CborMap, CtapFailure>>;
}

async function withFingerToken<Value>(
  key: KnownKey,
  care: FingerCare,
  run: (session: FingerSession) => Promise<Result<Value, CtapFailure>>,
): Promise<Result<Value, CtapFailure>> {
  const command = key.info.fingerCommand;
  if (command === null) return fail({ failure: 'not-supported', lacks: 'finger-enrolment' });
  const asking: Asking = { ...care, method: care.verification.method };
  const agreed = await beginAgreement(key, care.verification.method, asking);
  if (!agreed.ok) return agreed;
  using _secret = agreed.value.secret;
  const purpose = { permissions: permission.fingerEnrolment, relyingParty: undefined };
  const proved = await verifyOwner(key, agreed.value, care.verification, purpose, asking);
  if (!proved.ok) return proved;
  using token = proved.value.token;
  // Keys before CTAP 2.1 give tokens for their PIN only.
  if (token === undefined) return fail({ failure: 'not-supported', lacks: 'finger-enrolment' });
  // Awaited here: `using` wipes the token at the return.
  return await run(fingerSession(key, command, token, asking));
}

function fingerSession(
  key: KnownKey,
  command: number,
  token: VerificationToken,
  usual: Asking,
): FingerSession {
  return {
    ask: async (sub, details, isAuthenticated = true, asking = usual) => {
      // The MAC is over modality, subcommand and the encoded details (6.7.4).
      const signed = Uint8Array.from([
        fingerprint,
        sub,
        ...(details === undefined ? [] : encodeCbor(details)),
      ]);
      const parameters = cborMap([
        [parameter.modality, fingerprint],
        [parameter.subcommand, sub],
        [parameter.parameters, details],
        [parameter.protocol, isAuthenticated ? token.protocol : undefined],
        [parameter.authentication, isAuthenticated ? token.authenticate(signed) : undefined],
      ]);
      const answer = await key.conversation.ask(command, parameters, asking);
      return answer.ok ? answer : fail(await withAttemptsLeft(key, answer.error));
    },
  };
}

/** How many good touches the sensor wants for a finger; null: it does not say beforehand. */
async function samplesWanted(session: FingerSession): Promise<Result<number | null, CtapFailure>> {
  const answer = await session.ask(subcommand.sensor, undefined, false);
  if (answer.ok) return ok(countAt(answer.value, answerField.samplesWanted) ?? null);
  return answer.error.failure === 'refused' ? ok(null) : answer;
}

async function takeSamples(
  session: FingerSession,
  told: number | null,
  onSample: (news: SampleNews) => void,
): Promise<Result<Uint8Array, CtapFailure>> {
  const timeout = [detail.timeoutMs, touchTimeoutMs] as const;
  let answer = await session.ask(subcommand.begin, cborMap([timeout]));
  const template = answer.ok ? bytesAt(answer.value, answerField.template) : undefined;
  let wanted = told;
  let idle = 0;
  for (let sample = 0; sample < mostSamples; sample += 1) {
    if (!answer.ok) return answer;
    const remaining = countAt(answer.value, answerField.remaining);
    if (remaining === undefined || template === undefined) return fail({ failure: 'garbled' });
    const last = qualityOf(answer.value);
    wanted ??= remaining + (last === 'good' ? 1 : 0);
    onSample({ good: Math.max(0, wanted - remaining), wanted, last });
    if (remaining === 0) return ok(template);
    idle = last === 'nobody-touched' ? idle + 1 : 0;
    if (idle >= mostIdleSamples) return fail({ failure: 'timed-out' });
    answer = await session.ask(subcommand.next, cborMap([[detail.template, template], timeout]));
  }
  return fail({ failure: 'timed-out' });
}

const qualityOf = (answer: CborMap): SampleQuality =>
  qualities[countAt(answer, answerField.sampleStatus) ?? qualities.length] ?? 'unknown';

function fingerOf(item: CborValue): EnrolledFinger | undefined {
  const map = asMap(item);
  const id = map && bytesAt(map, detail.template);
  return map && id && { id: base64(id), name: textAt(map, detail.name) ?? '' };
}

const templateDetail = (template: Uint8Array, name?: string): CborMap =>
  cborMap([
    [detail.template, template],
    [detail.name, name],
  ]);

/** As many whole characters as fit into {@link longestName} bytes. */
function shortened(name: string): string {
  let [kept, length] = ['', 0];
  for (const character of name) {
    length += Buffer.byteLength(character);
    if (length > longestName) break;
    kept += character;
  }
  return kept;
}

const isRefusedAs = (failure: CtapFailure, status: number): boolean =>
  failure.failure === 'refused' && failure.status === status;

const nothing = (answer: Result<CborMap, CtapFailure>): Result<undefined, CtapFailure> =>
  answer.ok ? ok(undefined) : answer;

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
