/** What kind of key it is. */
export interface KeyProfile {
  readonly versions: readonly string[];
  readonly extensions: readonly string[];
  /** In the order of the key's preference. */
  readonly protocols: readonly (1 | 2)[];
  /** pinUvAuthToken with permissions; without it only the old PIN token and `options.uv`. */
  readonly hasToken: boolean;
  readonly hasPin: boolean;
  /** 0x09, the preview 0x40, or none: fingers are enrolled on the key itself. */
  readonly fingerCommand: 0x09 | 0x40 | undefined;
  readonly attestation: 'self' | 'none';
  /** What this model says to a wrong finger. */
  readonly wrongFingerStatus: number;
  readonly samplesPerFinger: number;
  readonly mostFingers: number;
  /** Numbers of 64 bits that some keys tell in getInfo. Chromium takes none above 2^63. */
  readonly vendorCommands?: readonly bigint[];
}

/** A fingerprint key of CTAP 2.1 with PIN, protocols 2 and 1. */
export const ctap21Profile: KeyProfile = {
  versions: ['FIDO_2_0', 'FIDO_2_1'],
  extensions: ['credProtect', 'hmac-secret'],
  protocols: [2, 1],
  hasToken: true,
  hasPin: true,
  fingerCommand: 0x09,
  attestation: 'self',
  wrongFingerStatus: 0x3f,
  samplesPerFinger: 5,
  mostFingers: 3,
};

/** As the one before, with protocol 1 only. */
export const protocol1Profile: KeyProfile = {
  ...ctap21Profile,
  protocols: [1],
  vendorCommands: [0xffff_ffff_ffff_fff1n],
};

/** An older key (FIDO_2_1_PRE): protocol 1, no token by finger, `options.uv`, bio enrolment by the preview command. */
export const previewProfile: KeyProfile = {
  ...ctap21Profile,
  versions: ['FIDO_2_0', 'FIDO_2_1_PRE'],
  protocols: [1],
  hasToken: false,
  fingerCommand: 0x40,
  attestation: 'none',
  wrongFingerStatus: 0x27,
};

/** A key without PIN, whose fingers are enrolled on the key itself. */
export const fingerOnlyProfile: KeyProfile = { ...ctap21Profile, hasPin: false, fingerCommand: undefined };

/** A plain touch key: nobody is verified by it. */
export const touchOnlyProfile: KeyProfile = {
  ...fingerOnlyProfile,
  versions: ['FIDO_2_0'],
  hasToken: false,
  fingerCommand: undefined,
};
