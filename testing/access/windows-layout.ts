/**
 * Where the fields of `webauthn.h` lie on x64, counted by hand from Microsoft's header (DWORD, LONG, BOOL: 4 bytes; pointers: 8,
 * aligned to 8), apart from the binding, so that both do not share a mistake. `text`: PCWSTR; `pointer`: anything else behind one.
 */
export type FieldKind = 'dword' | 'long' | 'pointer' | 'text';
export interface NativeLayout {
  readonly size: number;
  readonly fields: Readonly<Record<string, readonly [offset: number, kind: FieldKind]>>;
}

export const nativeLayouts = {
  relyingParty: {
    size: 32,
    fields: { dwVersion: [0, 'dword'], pwszId: [8, 'text'], pwszName: [16, 'text'], pwszIcon: [24, 'text'] },
  },
  user: {
    size: 40,
    fields: {
      dwVersion: [0, 'dword'],
      cbId: [4, 'dword'],
      pbId: [8, 'pointer'],
      pwszName: [16, 'text'],
      pwszIcon: [24, 'text'],
      pwszDisplayName: [32, 'text'],
    },
  },
  clientData: {
    size: 24,
    fields: {
      dwVersion: [0, 'dword'],
      cbClientDataJSON: [4, 'dword'],
      pbClientDataJSON: [8, 'pointer'],
      pwszHashAlgId: [16, 'text'],
    },
  },
  algorithm: {
    size: 24,
    fields: { dwVersion: [0, 'dword'], pwszCredentialType: [8, 'text'], lAlg: [16, 'long'] },
  },
  algorithms: {
    size: 16,
    fields: { cCredentialParameters: [0, 'dword'], pCredentialParameters: [8, 'pointer'] },
  },
  credential: {
    size: 24,
    fields: {
      dwVersion: [0, 'dword'],
      cbId: [4, 'dword'],
      pbId: [8, 'pointer'],
      pwszCredentialType: [16, 'text'],
    },
  },
  credentialEx: {
    size: 32,
    fields: {
      dwVersion: [0, 'dword'],
      cbId: [4, 'dword'],
      pbId: [8, 'pointer'],
      pwszCredentialType: [16, 'text'],
      dwTransports: [24, 'dword'],
    },
  },
  credentialList: { size: 16, fields: { cCredentials: [0, 'dword'], ppCredentials: [8, 'pointer'] } },
  extension: {
    size: 24,
    fields: { pwszExtensionIdentifier: [0, 'text'], cbExtension: [8, 'dword'], pvExtension: [16, 'pointer'] },
  },
  salt: {
    size: 32,
    fields: {
      cbFirst: [0, 'dword'],
      pbFirst: [8, 'pointer'],
      cbSecond: [16, 'dword'],
      pbSecond: [24, 'pointer'],
    },
  },
  credentialSalt: {
    size: 24,
    fields: { cbCredID: [0, 'dword'], pbCredID: [8, 'pointer'], pHmacSecretSalt: [16, 'pointer'] },
  },
  saltValues: {
    size: 24,
    fields: {
      pGlobalHmacSalt: [0, 'pointer'],
      cCredWithHmacSecretSaltList: [8, 'dword'],
      pCredWithHmacSecretSaltList: [16, 'pointer'],
    },
  },
  /** Version 6; of version 5, of 96 bytes, without the last field. */
  makeOptions: {
    size: 104,
    fields: {
      dwVersion: [0, 'dword'],
      dwTimeoutMilliseconds: [4, 'dword'],
      'CredentialList.cCredentials': [8, 'dword'],
      'CredentialList.pCredentials': [16, 'pointer'],
      'Extensions.cExtensions': [24, 'dword'],
      'Extensions.pExtensions': [32, 'pointer'],
      dwAuthenticatorAttachment: [40, 'dword'],
      bRequireResidentKey: [44, 'long'],
      dwUserVerificationRequirement: [48, 'dword'],
      dwAttestationConveyancePreference: [52, 'dword'],
      dwFlags: [56, 'dword'],
      pCancellationId: [64, 'pointer'],
      pExcludeCredentialList: [72, 'pointer'],
      dwEnterpriseAttestation: [80, 'dword'],
      dwLargeBlobSupport: [84, 'dword'],
      bPreferResidentKey: [88, 'long'],
      bBrowserInPrivateMode: [92, 'long'],
      bEnablePrf: [96, 'long'],
    },
  },
  assertionOptions: {
    size: 120,
    fields: {
      dwVersion: [0, 'dword'],
      dwTimeoutMilliseconds: [4, 'dword'],
      'CredentialList.cCredentials': [8, 'dword'],
      'CredentialList.pCredentials': [16, 'pointer'],
      'Extensions.cExtensions': [24, 'dword'],
      'Extensions.pExtensions': [32, 'pointer'],
      dwAuthenticatorAttachment: [40, 'dword'],
      dwUserVerificationRequirement: [44, 'dword'],
      dwFlags: [48, 'dword'],
      pwszU2fAppId: [56, 'text'],
      pbU2fAppId: [64, 'pointer'],
      pCancellationId: [72, 'pointer'],
      pAllowCredentialList: [80, 'pointer'],
      dwCredLargeBlobOperation: [88, 'dword'],
      cbCredLargeBlob: [92, 'dword'],
      pbCredLargeBlob: [96, 'pointer'],
      pHmacSecretSaltValues: [104, 'pointer'],
      bBrowserInPrivateMode: [112, 'long'],
    },
  },
  /** Version 5; what we read ends at byte 48. */
  attestation: {
    size: 136,
    fields: {
      dwVersion: [0, 'dword'],
      pwszFormatType: [8, 'text'],
      cbAuthenticatorData: [16, 'dword'],
      pbAuthenticatorData: [24, 'pointer'],
      cbAttestation: [32, 'dword'],
      pbAttestation: [40, 'pointer'],
    },
  },
  /** Version 3. */
  assertion: {
    size: 120,
    fields: {
      dwVersion: [0, 'dword'],
      cbAuthenticatorData: [4, 'dword'],
      pbAuthenticatorData: [8, 'pointer'],
      cbSignature: [16, 'dword'],
      pbSignature: [24, 'pointer'],
      'Credential.dwVersion': [32, 'dword'],
      'Credential.cbId': [36, 'dword'],
      'Credential.pbId': [40, 'pointer'],
      'Credential.pwszCredentialType': [48, 'text'],
      cbUserId: [56, 'dword'],
      pbUserId: [64, 'pointer'],
      'Extensions.cExtensions': [72, 'dword'],
      'Extensions.pExtensions': [80, 'pointer'],
      cbCredLargeBlob: [88, 'dword'],
      pbCredLargeBlob: [96, 'pointer'],
      dwCredLargeBlobStatus: [104, 'dword'],
      pHmacSecret: [112, 'pointer'],
    },
  },
} as const satisfies Readonly<Record<string, NativeLayout>>;

/** Parameters of the functions, as the header lists them: 4 bytes or a pointer (a window's handle is one). */
export const nativeSignatures: Readonly<
  Record<string, { readonly given: readonly FieldKind[]; readonly result: 'dword' | 'pointer' | 'nothing' }>
> = {
  WebAuthNGetApiVersionNumber: { given: [], result: 'dword' },
  WebAuthNGetCancellationId: { given: ['pointer'], result: 'dword' },
  WebAuthNCancelCurrentOperation: { given: ['pointer'], result: 'dword' },
  WebAuthNAuthenticatorMakeCredential: {
    given: ['pointer', 'pointer', 'pointer', 'pointer', 'pointer', 'pointer', 'pointer'],
    result: 'dword',
  },
  WebAuthNFreeCredentialAttestation: { given: ['pointer'], result: 'nothing' },
  WebAuthNAuthenticatorGetAssertion: {
    given: ['pointer', 'text', 'pointer', 'pointer', 'pointer'],
    result: 'dword',
  },
  WebAuthNFreeAssertion: { given: ['pointer'], result: 'nothing' },
  GetForegroundWindow: { given: [], result: 'pointer' },
  GetTopWindow: { given: ['pointer'], result: 'pointer' },
  CM_Get_Device_ID_List_SizeW: { given: ['pointer', 'text', 'dword'], result: 'dword' },
  CM_Get_Device_ID_ListW: { given: ['text', 'pointer', 'dword', 'dword'], result: 'dword' },
  CM_Locate_DevNodeW: { given: ['pointer', 'text', 'dword'], result: 'dword' },
  CM_Get_DevNode_Registry_PropertyW: {
    given: ['dword', 'dword', 'pointer', 'pointer', 'pointer', 'dword'],
    result: 'dword',
  },
};
