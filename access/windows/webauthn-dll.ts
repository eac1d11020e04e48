import * as v from 'valibot';
import { fail, ok, type Result } from '#contracts/result.ts';
import {
  callInThread,
  copyBytes,
  type NativeLoader,
  type NativePointer,
  PointerSchema,
  pointerIn,
  unsigned,
} from './native-loader.ts';
import { type WebauthnStructures, webauthn, webauthnStructures } from './webauthn-layout.ts';
import type {
  AssertionOrder,
  MadeAssertion,
  MadeCredential,
  MakeOrder,
  WebauthnAnswer,
  WebauthnLibrary,
} from './webauthn-library.ts';

/** Why Windows offers no way to keys: no such library, or one that gives no secrets (Windows 10). */
export type WebauthnObstacle = 'library-missing' | 'system-too-old';

const longestPart = 65_536;
const secretLength = 32;
const windowHandle = 'intptr_t';

const VersionSchema = v.number();
const AttestationSchema = v.object({
  pwszFormatType: v.nullable(v.string()),
  cbAuthenticatorData: v.number(),
  pbAuthenticatorData: PointerSchema,
  cbAttestation: v.number(),
  pbAttestation: PointerSchema,
});
const AssertionSchema = v.object({
  cbAuthenticatorData: v.number(),
  pbAuthenticatorData: PointerSchema,
  cbSignature: v.number(),
  pbSignature: PointerSchema,
  Credential: v.object({ cbId: v.number(), pbId: PointerSchema }),
  pHmacSecret: PointerSchema,
});
const SecretSchema = v.object({ cbFirst: v.number(), pbFirst: PointerSchema });

/** Windows' `webauthn.dll`, in its version with PRF. The dialogs belong to whichever window is in front. */
export function openWebauthnDll(loader: NativeLoader): Result<WebauthnLibrary, WebauthnObstacle> {
  try {
    const version = loader.load('webauthn.dll', 'WebAuthNGetApiVersionNumber', 'uint32', []);
    const apiVersion = unsigned(version());
    if (apiVersion < webauthn.leastApiVersion) return fail('system-too-old');
    return ok(bind(loader, apiVersion));
  } catch {
    return fail('library-missing');
  }
}

function bind(loader: NativeLoader, apiVersion: number): WebauthnLibrary {
  const structures = webauthnStructures(loader.koffi);
  const windowInFront = bindWindowInFront(loader);
  const { getCancellation, cancel, make, freeMade, assert, freeAssertion } = bindFunctions(
    loader,
    structures,
  );
  return {
    newCancellation: () => {
      const cancellation = Buffer.alloc(webauthn.cancellationLength);
      const code = unsigned(getCancellation(cancellation));
      return code === 0 ? { ok: true, value: cancellation } : { ok: false, code };
    },
    cancel: (cancellation) => void cancel(cancellation),
    makeCredential: async (order) => {
      const given = makeParameters(order, apiVersion);
      const cell: unknown[] = [null];
      const code = await callInThread(make, windowInFront(), ...given, cell);
      return answer(code, cell, (from) => readAttestation(loader, structures, from), freeMade);
    },
    getAssertion: async (order) => {
      const given = assertionParameters(order);
      const cell: unknown[] = [null];
      const code = await callInThread(assert, windowInFront(), ...given, cell);
      return answer(code, cell, (from) => readAssertion(loader, structures, from), freeAssertion);
    },
  };
}

/** Functions of the header. HRESULT is a signed number of 32 bits; x64 and ARM64 know one calling convention. */
function bindFunctions({ koffi, load }: NativeLoader, structures: WebauthnStructures) {
  const { pointer, out } = koffi;
  const file = 'webauthn.dll';
  const result = 'int32';
  const outPointer = out(pointer('void *'));
  return {
    getCancellation: load(file, 'WebAuthNGetCancellationId', result, ['void *']),
    cancel: load(file, 'WebAuthNCancelCurrentOperation', result, ['void *']),
    make: load(file, 'WebAuthNAuthenticatorMakeCredential', result, [
      windowHandle,
      pointer(structures.relyingParty),
      pointer(structures.user),
      pointer(structures.algorithms),
      pointer(structures.clientData),
      pointer(structures.makeOptions),
      outPointer,
    ]),
    freeMade: load(file, 'WebAuthNFreeCredentialAttestation', 'void', ['void *']),
    assert: load(file, 'WebAuthNAuthenticatorGetAssertion', result, [
      windowHandle,
      'str16',
      pointer(structures.clientData),
      pointer(structures.assertionOptions),
      outPointer,
    ]),
    freeAssertion: load(file, 'WebAuthNFreeAssertion', 'void', ['void *']),
  };
}

/** The dialog wants a window to stand over. Ours is in front when a nurse has just asked for her key there, Electron's or a browser's. */
function bindWindowInFront({ load }: NativeLoader): () => unknown {
  const foreground = load('user32.dll', 'GetForegroundWindow', windowHandle, []);
  const topmost = load('user32.dll', 'GetTopWindow', windowHandle, [windowHandle]);
  return () => {
    const front = foreground();
    return Number(front) === 0 ? topmost(0) : front;
  };
}

/** Reads what a call gave and gives the library its memory back, whatever was found there. */
function answer<Value>(
  code: number,
  cell: readonly unknown[],
  read: (from: NonNullable<NativePointer>) => Value,
  free: (from: NativePointer) => unknown,
): WebauthnAnswer<Value> {
  const from = pointerIn(cell);
  if (code !== 0) {
    if (from !== null) free(from);
    return { ok: false, code };
  }
  if (from === null) throw new Error('webauthn.dll succeeded and gave nothing');
  try {
    return { ok: true, value: read(from) };
  } finally {
    free(from);
  }
}

const clientDataOf = (clientData: Uint8Array) => ({
  dwVersion: webauthn.structureVersion,
  cbClientDataJSON: clientData.length,
  pbClientDataJSON: clientData,
  pwszHashAlgId: webauthn.hashAlgorithm,
});

/** BOOL and DWORD, as they lie in memory. */
const dwords = (...values: readonly number[]): Uint8Array => {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [place, value] of values.entries()) bytes.writeUInt32LE(value, place * 4);
  return bytes;
};

const credentialOf = (id: Uint8Array) => ({
  dwVersion: webauthn.structureVersion,
  cbId: id.length,
  pbId: id,
  pwszCredentialType: webauthn.credentialType,
});
type NamedCredential = ReturnType<typeof credentialOf>;

/** As Windows knew lists first. */
const plainList = (credentials: readonly NamedCredential[]) => ({
  cCredentials: credentials.length,
  pCredentials: credentials.length === 0 ? null : credentials,
});

/** With the way to each of them. */
const listWithWays = (credentials: readonly NamedCredential[]) =>
  credentials.length === 0
    ? null
    : {
        cCredentials: credentials.length,
        ppCredentials: credentials.map((each) => ({ ...each, dwTransports: webauthn.transportUsb })),
      };

/** Parameters of WebAuthNAuthenticatorMakeCredential between window and answer. */
function makeParameters(order: MakeOrder, apiVersion: number): readonly unknown[] {
  const { relyingParty, shownName, user } = order;
  const excluded = order.excluded.map(credentialOf);
  const knowsPrf = apiVersion >= webauthn.enablePrfApiVersion;
  const isWanted = dwords(1);
  // Not "required": older keys have no credProtect, and there the secret itself differs without verification (CTP-21).
  const protection = dwords(webauthn.protectionRequired, 0);
  return [
    { dwVersion: webauthn.structureVersion, pwszId: relyingParty, pwszName: shownName, pwszIcon: null },
    {
      dwVersion: webauthn.structureVersion,
      cbId: user.length,
      pbId: user,
      pwszName: shownName,
      pwszIcon: null,
      pwszDisplayName: shownName,
    },
    {
      cCredentialParameters: 1,
      pCredentialParameters: [
        { dwVersion: webauthn.structureVersion, pwszCredentialType: webauthn.credentialType, lAlg: -7 },
      ],
    },
    clientDataOf(order.clientData),
    {
      dwVersion: knowsPrf ? webauthn.makeOptionsVersion[6] : webauthn.makeOptionsVersion[4],
      dwTimeoutMilliseconds: order.timeoutMs,
      CredentialList: plainList(excluded),
      Extensions: {
        cExtensions: 2,
        pExtensions: [
          {
            pwszExtensionIdentifier: webauthn.hmacSecret,
            cbExtension: isWanted.length,
            pvExtension: isWanted,
          },
          {
            pwszExtensionIdentifier: webauthn.credProtect,
            cbExtension: protection.length,
            pvExtension: protection,
          },
        ],
      },
      // What is built into the computer (Windows Hello) opens nothing on another one.
      dwAuthenticatorAttachment: webauthn.attachmentCrossPlatform,
      bRequireResidentKey: 0,
      dwUserVerificationRequirement: webauthn.verificationRequired,
      dwAttestationConveyancePreference: webauthn.attestationNone,
      dwFlags: 0,
      pCancellationId: order.cancellation,
      pExcludeCredentialList: listWithWays(excluded),
      dwEnterpriseAttestation: 0,
      dwLargeBlobSupport: 0,
      bPreferResidentKey: 0,
      bBrowserInPrivateMode: 0,
      bEnablePrf: 1,
    },
  ];
}

/** Parameters of WebAuthNAuthenticatorGetAssertion between window and answer. */
function assertionParameters(order: AssertionOrder): readonly unknown[] {
  const { credentials } = order;
  const allowed = credentials.map(({ id }) => credentialOf(id));
  return [
    order.relyingParty,
    clientDataOf(order.clientData),
    {
      dwVersion: webauthn.assertionOptionsVersion,
      dwTimeoutMilliseconds: order.timeoutMs,
      // Not looked at beside pAllowCredentialList, but for its count (as Chromium was told by the maker).
      CredentialList: plainList(allowed),
      Extensions: { cExtensions: 0, pExtensions: null },
      dwAuthenticatorAttachment: webauthn.attachmentCrossPlatform,
      dwUserVerificationRequirement: webauthn.verificationRequired,
      dwFlags: webauthn.rawSaltsFlag,
      pwszU2fAppId: null,
      pbU2fAppId: null,
      pCancellationId: order.cancellation,
      pAllowCredentialList: listWithWays(allowed),
      dwCredLargeBlobOperation: 0,
      cbCredLargeBlob: 0,
      pbCredLargeBlob: null,
      pHmacSecretSaltValues: {
        pGlobalHmacSalt: null,
        cCredWithHmacSecretSaltList: credentials.length,
        pCredWithHmacSecretSaltList: credentials.map(({ id, rawSalt }) => ({
          cbCredID: id.length,
          pbCredID: id,
          pHmacSecretSalt: { cbFirst: rawSalt.length, pbFirst: rawSalt, cbSecond: 0, pbSecond: null },
        })),
      },
      bBrowserInPrivateMode: 0,
    },
  ];
}

function readAttestation(
  { koffi }: NativeLoader,
  { attestation }: WebauthnStructures,
  from: NonNullable<NativePointer>,
): MadeCredential {
  const read = v.parse(AttestationSchema, koffi.decode(from, attestation));
  const copy = (bytes: NativePointer, length: number) => copyBytes(koffi, bytes, length, longestPart);
  return {
    format: read.pwszFormatType ?? '',
    authenticatorData: copy(read.pbAuthenticatorData, read.cbAuthenticatorData),
    statement: copy(read.pbAttestation, read.cbAttestation),
  };
}

function readAssertion(
  { koffi }: NativeLoader,
  { assertion, secret }: WebauthnStructures,
  from: NonNullable<NativePointer>,
): MadeAssertion {
  const version = v.parse(VersionSchema, koffi.decode(from, 'uint32'));
  if (version < webauthn.assertionVersionWithSecret) {
    throw new Error(`assertion of version ${version} from a library that has secrets`);
  }
  const read = v.parse(AssertionSchema, koffi.decode(from, assertion));
  const copy = (bytes: NativePointer, length: number) => copyBytes(koffi, bytes, length, longestPart);
  const given = read.pHmacSecret && v.parse(SecretSchema, koffi.decode(read.pHmacSecret, secret));
  return {
    authenticatorData: copy(read.pbAuthenticatorData, read.cbAuthenticatorData),
    signature: copy(read.pbSignature, read.cbSignature),
    credentialId: copy(read.Credential.pbId, read.Credential.cbId),
    secret: given ? takeSecret(koffi, given.pbFirst, given.cbFirst) : undefined,
  };
}

/** Copies the secret and overwrites where it lay, before that memory is given back. */
function takeSecret(
  koffi: NativeLoader['koffi'],
  from: NativePointer,
  length: number,
): Uint8Array | undefined {
  if (from === null || length !== secretLength) return undefined;
  const secret = copyBytes(koffi, from, length, secretLength);
  koffi.encode(from, 'uint8', new Uint8Array(length), length);
  return secret;
}
