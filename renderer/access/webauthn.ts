import type { RequestOutput } from '#contracts/bridge/requests.ts';
import type { ErrorCode } from '#contracts/errors.ts';
import { fail, ok, type Result } from '#contracts/result.ts';

type NewKeyOptions = RequestOutput<'keys.webauthn-begin'>;
type KnownKeys = RequestOutput<'access.webauthn-options'>;

/** A key that the page had made: what the workstation keeps of it. All base64. */
export interface NewKey {
  readonly credential: string;
  /** SubjectPublicKeyInfo in DER. */
  readonly publicKey: string;
  /** What the key gave for the salt, and gave again. */
  readonly secret: string;
  readonly again: string;
}

/** What a known key gave. */
export interface KeyAnswer {
  readonly slot: string;
  /** 32 bytes in base64. */
  readonly secret: string;
}

/** ECDSA on P-256 with SHA-256, in COSE's numbers: every key has it. */
const es256 = -7;
const longestTouchMs = 60_000;

/** Whether this browser can ask keys at all: not in a page without a name or a secure context. */
export const canAskKeys = (): boolean =>
  typeof PublicKeyCredential === 'function' && window.isSecureContext && location.hostname === 'localhost';

/**
 * Has a key of this computer made a credential, and asks it twice for the secret: keys need not give one while they make it, and
 * the second answer proves that the first is the same every time. The owner touches the key three times.
 */
export async function makeKey(
  options: NewKeyOptions,
  signal: AbortSignal,
): Promise<Result<NewKey, ErrorCode>> {
  return await asResult(async () => {
    const made = await navigator.credentials
      .create({ signal, publicKey: creation(options) })
      .catch((error: unknown) => {
        if (error instanceof DOMException && error.name === 'InvalidStateError') return 'known' as const;
        throw error;
      });
    // It holds one of the excluded credentials, and its owner has shown herself: only then a browser says so.
    if (made === 'known') return fail('access.key-enrolled');
    if (!(made instanceof PublicKeyCredential)) return fail('access.key-unsuitable');
    const { response } = made;
    if (!(response instanceof AuthenticatorAttestationResponse)) return fail('access.key-unsuitable');
    const publicKey = response.getPublicKey();
    if (publicKey === null || made.getClientExtensionResults().prf?.enabled !== true) {
      return fail('access.key-unsuitable');
    }
    const credential = toBase64(made.rawId);
    const ask = () =>
      askFor(options.relyingParty, options.challenge, [{ slot: '', credential, salt: options.salt }], signal);
    const [secret, again] = [await ask(), await ask()];
    if (!secret.ok) return secret;
    if (!again.ok) return again;
    return ok({
      credential,
      publicKey: toBase64(publicKey),
      secret: secret.value.secret,
      again: again.value.secret,
    });
  });
}

/** Asks whichever of a person's keys is there for its secret. */
export const askKey = (options: KnownKeys, signal: AbortSignal): Promise<Result<KeyAnswer, ErrorCode>> =>
  asResult(() => askFor(options.relyingParty, options.challenge, options.slots, signal));

function creation({
  relyingParty,
  challenge,
  user,
  known,
}: NewKeyOptions): PublicKeyCredentialCreationOptions {
  return {
    rp: { id: relyingParty, name: 'Hamshira' },
    // Keys show the name to anybody: it says nothing.
    user: { id: fromBase64(user), name: 'Hamshira', displayName: 'Hamshira' },
    challenge: fromBase64(challenge),
    pubKeyCredParams: [{ type: 'public-key', alg: es256 }],
    excludeCredentials: known.map((id) => ({ type: 'public-key', id: fromBase64(id) })),
    authenticatorSelection: { residentKey: 'discouraged', userVerification: 'required' },
    attestation: 'none',
    timeout: longestTouchMs,
    extensions: {
      prf: {},
      // Not enforced: a key that lacks it gives whoever is not verified another secret anyway (CTAP 2.1, 12.5).
      credentialProtectionPolicy: 'userVerificationRequired',
    },
  };
}

async function askFor(
  relyingParty: string,
  challenge: string,
  slots: KnownKeys['slots'],
  signal: AbortSignal,
): Promise<Result<KeyAnswer, ErrorCode>> {
  const credentials = slots.map(({ slot, credential, salt }) => ({
    slot,
    salt,
    id: toBase64Url(credential),
  }));
  const got = await navigator.credentials.get({
    signal,
    publicKey: {
      rpId: relyingParty,
      challenge: fromBase64(challenge),
      allowCredentials: slots.map(({ credential }) => ({ type: 'public-key', id: fromBase64(credential) })),
      userVerification: 'required',
      timeout: longestTouchMs,
      extensions: {
        prf: {
          evalByCredential: Object.fromEntries(
            credentials.map(({ id, salt }) => [id, { first: fromBase64(salt) }]),
          ),
        },
      },
    },
  });
  if (!(got instanceof PublicKeyCredential)) return fail('access.key-unknown');
  const asked = credentials.find(({ id }) => id === got.id);
  const secret = got.getClientExtensionResults().prf?.results?.first;
  if (asked === undefined || secret === undefined) return fail('access.key-unsuitable');
  const bytes = bytesOf(secret);
  if (bytes.length !== 32) return fail('access.key-unsuitable');
  try {
    return ok({ slot: asked.slot, secret: toBase64(bytes) });
  } finally {
    bytes.fill(0);
  }
}

/** Browsers tell little on purpose: a touch that was refused, no key, and nobody there are one error. */
async function asResult<Value>(
  ask: () => Promise<Result<Value, ErrorCode>>,
): Promise<Result<Value, ErrorCode>> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return fail(codes[error.name] ?? 'access.key-unsuitable');
  }
}

const codes: Readonly<Record<string, ErrorCode>> = {
  AbortError: 'access.cancelled',
  NotAllowedError: 'access.browser-refused',
  InvalidStateError: 'access.key-unknown',
  NotSupportedError: 'access.key-unsuitable',
  SecurityError: 'access.key-unsuitable',
  ConstraintError: 'access.key-unsuitable',
};

const bytesOf = (source: BufferSource | Uint8Array): Uint8Array =>
  source instanceof ArrayBuffer
    ? new Uint8Array(source)
    : new Uint8Array(source.buffer, source.byteOffset, source.byteLength);

const toBase64 = (source: BufferSource | Uint8Array): string => btoa(String.fromCharCode(...bytesOf(source)));

const toBase64Url = (base64: string): string =>
  base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
