import { type Mutation, system } from './mutation.ts';

const traps = [system('testing/access/windows-key.test.ts')];
const roadTraps = [system('testing/access/windows-road.test.ts')];

const edit = (file: string, find: string, replace: string) => [
  { file: `access/windows/${file}`, find, replace },
];

/** Bugs on the Windows road to security keys (docs/specs/access.md, Roads). */
export const windowsMutations: readonly Mutation[] = [
  {
    name: 'Windows hashes the salt once more',
    why: 'a slot enrolled over HID does not open through Windows',
    edits: edit('webauthn-layout.ts', 'rawSaltsFlag: 0x0010_0000', 'rawSaltsFlag: 0'),
    traps,
  },
  {
    name: 'the salt goes to Windows as it is',
    why: 'a slot enrolled through Windows does not open over HID',
    edits: edit('webauthn-key.ts', 'rawSalt: wireSalt(salt)', 'rawSalt: salt'),
    traps,
  },
  {
    name: 'a field of the options has the wrong size',
    why: 'everything behind it is read from the wrong place by webauthn.dll',
    edits: edit(
      'webauthn-layout.ts',
      'dwCredLargeBlobOperation: dword,',
      "dwCredLargeBlobOperation: 'uint64',",
    ),
    traps,
  },
  {
    name: 'Windows need not verify',
    why: 'the secret is the one of the unverified kind, or of anybody who touches',
    edits: edit('webauthn-layout.ts', 'verificationRequired: 1', 'verificationRequired: 2'),
    traps,
  },
  {
    name: 'Windows Hello may be enrolled',
    why: 'the slot opens on that one computer only, and is lost with it',
    edits: edit('webauthn-layout.ts', 'attachmentCrossPlatform: 2', 'attachmentCrossPlatform: 0'),
    traps,
  },
  {
    name: 'signatures are not looked at on Windows',
    why: 'an answer of another key passes as that of the enrolled one',
    edits: edit(
      'webauthn-checks.ts',
      'return isSignedBy(credential.publicPoint, signed, signature)',
      'return signed.length > signature.length - 1_000',
    ),
    traps,
  },
  {
    name: 'whatever key answers Windows is believed',
    why: 'flags and relying party of an answer are not looked at',
    edits: edit(
      'webauthn-checks.ts',
      'const fault = presenceFault(parsed.value);',
      'const fault = parsed.value.flags > 255 ? presenceFault(parsed.value) : undefined;',
    ),
    traps,
  },
  {
    name: 'memory of webauthn.dll is kept',
    why: 'every unlock leaves a structure with the secret behind',
    edits: edit('webauthn-dll.ts', '  } finally {\n    free(from);', '  } finally {\n    void free;'),
    traps,
  },
  {
    name: 'the secret stays in the memory of webauthn.dll',
    why: 'it lies in freed memory until somebody writes there',
    edits: edit(
      'webauthn-dll.ts',
      "koffi.encode(from, 'uint8', new Uint8Array(length), length);",
      'void length;',
    ),
    traps,
  },
  {
    name: 'an early cancel is lost',
    why: 'the dialog opens after its operation was given up, and holds the next one up',
    edits: edit('webauthn-key.ts', 'if (timesLeft > 0) stopAgain', 'if (timesLeft < 0) stopAgain'),
    traps,
  },
  {
    name: 'a late secret is not thrown away',
    why: 'the answer to a cancelled unlock opens all the same',
    edits: edit(
      'webauthn-key.ts',
      "if (running.cause === undefined && first !== 'given-up') {",
      "if (first !== 'given-up') {",
    ),
    traps,
  },
  {
    name: 'a key that is pulled out on Windows locks nobody',
    why: 'the nurse takes her key and goes, the records stay open',
    edits: edit('windows-road.ts', 'gone?.remove();', 'void gone;'),
    traps: roadTraps,
  },
  {
    name: 'any device on Windows is a key',
    why: 'a mouse that is unplugged locks the workstation',
    edits: edit('key-presence.ts', 'id.toUpperCase() === hardwareId', "id.startsWith('HID')"),
    traps: roadTraps,
  },
  {
    name: 'Windows 10 is taken for good',
    why: 'its library ignores the salts: nurses enrol keys that never open',
    edits: edit('webauthn-dll.ts', 'if (apiVersion < webauthn.leastApiVersion)', 'if (apiVersion < 1)'),
    traps: roadTraps,
  },
];
