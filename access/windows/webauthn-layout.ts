import type * as Koffi from 'koffi';

/**
 * Structures of Microsoft's public header `webauthn.h` (github.com/microsoft/webauthn), in its order and under its names. Where
 * each field lies on x64 is written down once more, by hand, in testing/access/windows-layout.ts, and compared.
 */
export function webauthnStructures(koffi: typeof Koffi) {
  const dword = 'uint32';
  const bool = 'int32';
  const bytes = 'uint8 *';
  const text = 'str16';
  const { struct, pointer } = koffi;

  const relyingParty = struct({ dwVersion: dword, pwszId: text, pwszName: text, pwszIcon: text });
  const user = struct({
    dwVersion: dword,
    cbId: dword,
    pbId: bytes,
    pwszName: text,
    pwszIcon: text,
    pwszDisplayName: text,
  });
  const clientData = struct({
    dwVersion: dword,
    cbClientDataJSON: dword,
    pbClientDataJSON: bytes,
    pwszHashAlgId: text,
  });
  const algorithm = struct({ dwVersion: dword, pwszCredentialType: text, lAlg: 'int32' });
  const algorithms = struct({ cCredentialParameters: dword, pCredentialParameters: pointer(algorithm) });
  const credential = struct({ dwVersion: dword, cbId: dword, pbId: bytes, pwszCredentialType: text });
  const credentials = struct({ cCredentials: dword, pCredentials: pointer(credential) });
  const credentialEx = struct({
    dwVersion: dword,
    cbId: dword,
    pbId: bytes,
    pwszCredentialType: text,
    dwTransports: dword,
  });
  const credentialList = struct({ cCredentials: dword, ppCredentials: pointer(pointer(credentialEx)) });
  const extension = struct({ pwszExtensionIdentifier: text, cbExtension: dword, pvExtension: 'void *' });
  const extensions = struct({ cExtensions: dword, pExtensions: pointer(extension) });
  const salt = struct({ cbFirst: dword, pbFirst: bytes, cbSecond: dword, pbSecond: bytes });
  const credentialSalt = struct({ cbCredID: dword, pbCredID: bytes, pHmacSecretSalt: pointer(salt) });
  const saltValues = struct({
    pGlobalHmacSalt: pointer(salt),
    cCredWithHmacSecretSaltList: dword,
    pCredWithHmacSecretSaltList: pointer(credentialSalt),
  });

  return {
    relyingParty,
    user,
    clientData,
    algorithm,
    algorithms,
    credential,
    credentials,
    credentialEx,
    credentialList,
    extension,
    extensions,
    salt,
    credentialSalt,
    saltValues,
    /** WEBAUTHN_AUTHENTICATOR_MAKE_CREDENTIAL_OPTIONS, version 6; of version 5 without the last field. */
    makeOptions: struct({
      dwVersion: dword,
      dwTimeoutMilliseconds: dword,
      CredentialList: credentials,
      Extensions: extensions,
      dwAuthenticatorAttachment: dword,
      bRequireResidentKey: bool,
      dwUserVerificationRequirement: dword,
      dwAttestationConveyancePreference: dword,
      dwFlags: dword,
      pCancellationId: 'void *',
      pExcludeCredentialList: pointer(credentialList),
      dwEnterpriseAttestation: dword,
      dwLargeBlobSupport: dword,
      bPreferResidentKey: bool,
      bBrowserInPrivateMode: bool,
      bEnablePrf: bool,
    }),
    /** WEBAUTHN_AUTHENTICATOR_GET_ASSERTION_OPTIONS, version 6. */
    assertionOptions: struct({
      dwVersion: dword,
      dwTimeoutMilliseconds: dword,
      CredentialList: credentials,
      Extensions: extensions,
      dwAuthenticatorAttachment: dword,
      dwUserVerificationRequirement: dword,
      dwFlags: dword,
      pwszU2fAppId: text,
      pbU2fAppId: 'void *',
      pCancellationId: 'void *',
      pAllowCredentialList: pointer(credentialList),
      dwCredLargeBlobOperation: dword,
      cbCredLargeBlob: dword,
      pbCredLargeBlob: bytes,
      pHmacSecretSaltValues: pointer(saltValues),
      bBrowserInPrivateMode: bool,
    }),
    ...givenStructures(koffi),
  };
}

/** Structures that the library gives; their bytes are copied one by one. */
function givenStructures({ struct }: typeof Koffi) {
  const dword = 'uint32';
  const text = 'str16';
  return {
    /** WEBAUTHN_CREDENTIAL_ATTESTATION, as far as every version has it. */
    attestation: struct({
      dwVersion: dword,
      pwszFormatType: text,
      cbAuthenticatorData: dword,
      pbAuthenticatorData: 'void *',
      cbAttestation: dword,
      pbAttestation: 'void *',
    }),
    /** WEBAUTHN_ASSERTION, version 3; what comes before `Extensions` every version has. */
    assertion: struct({
      dwVersion: dword,
      cbAuthenticatorData: dword,
      pbAuthenticatorData: 'void *',
      cbSignature: dword,
      pbSignature: 'void *',
      Credential: struct({
        dwVersion: dword,
        cbId: dword,
        pbId: 'void *',
        pwszCredentialType: text,
      }),
      cbUserId: dword,
      pbUserId: 'void *',
      Extensions: struct({ cExtensions: dword, pExtensions: 'void *' }),
      cbCredLargeBlob: dword,
      pbCredLargeBlob: 'void *',
      dwCredLargeBlobStatus: dword,
      pHmacSecret: 'void *',
    }),
    /** WEBAUTHN_HMAC_SECRET_SALT as the library gives it. */
    secret: struct({ cbFirst: dword, pbFirst: 'void *', cbSecond: dword, pbSecond: 'void *' }),
  };
}

export type WebauthnStructures = ReturnType<typeof webauthnStructures>;

/** Constants of the header, as far as they are used. */
export const webauthn = {
  /** First with salts in and secrets out (WEBAUTHN_API_VERSION_4); Windows 11. */
  leastApiVersion: 4,
  /** First whose options know bEnablePrf (WEBAUTHN_API_VERSION_6). */
  enablePrfApiVersion: 6,
  structureVersion: 1,
  makeOptionsVersion: { 4: 5, 6: 6 },
  assertionOptionsVersion: 6,
  /** First WEBAUTHN_ASSERTION with pHmacSecret. */
  assertionVersionWithSecret: 3,
  attachmentCrossPlatform: 2,
  verificationRequired: 1,
  attestationNone: 1,
  /** WEBAUTHN_AUTHENTICATOR_HMAC_SECRET_VALUES_FLAG: the salts are already what the key is to get. */
  rawSaltsFlag: 0x0010_0000,
  transportUsb: 1,
  hashAlgorithm: 'SHA-256',
  credentialType: 'public-key',
  hmacSecret: 'hmac-secret',
  credProtect: 'credProtect',
  protectionRequired: 3,
  cancellationLength: 16,
} as const;
