import { type Mutation, system, unit } from './mutation.ts';

const hostile = system('testing/access/ctap-hostile.test.ts');
const care = system('testing/access/ctap-care.test.ts');
const channel = system('testing/access/ctap-channel.test.ts');
const unplug = system('testing/access/ctap-unplug.test.ts');
const fuzz = system('testing/access/ctap-fuzz.test.ts');

const edit = (file: string, find: string, replace: string) => [
  { file: `access/ctap/${file}`, find, replace },
];

/** Bugs in the client of fingerprint keys (docs/specs/ctap.md). */
export const keyMutations: readonly Mutation[] = [
  {
    name: 'any point is on the curve',
    why: 'a false key learns our private scalar from agreements on chosen points',
    edits: edit('p256.ts', 'return isOnCurve({ x, y }) ?', 'return x.length + y.length > 0 ?'),
    traps: [unit('access/ctap/pin-uv-protocol.test.ts'), hostile],
  },
  {
    name: 'unverified owners are believed',
    why: 'whoever holds the key gets the secret of the unverified kind, or the slot is made with it',
    edits: edit(
      'authenticator-data.ts',
      '(flags & dataFlag.verified) !== 0',
      '(flags & dataFlag.verified) >= 0',
    ),
    traps: [hostile],
  },
  {
    name: 'another relying party will do',
    why: 'an answer made for a page of somebody else passes as ours',
    edits: edit(
      'authenticator-data.ts',
      'if (!timingSafeEqual(hash, relyingPartyHash))',
      'if (hash.length === 0)',
    ),
    traps: [hostile],
  },
  {
    name: 'unsigned assertions',
    why: 'a false key makes up the secrets',
    edits: edit(
      'get-assertion.ts',
      'if (!isSignedBy(enrolled.publicPoint, Buffer.concat([bytes, clientDataHash]), signature)) {',
      'if (!isSignedBy(enrolled.publicPoint, Buffer.concat([bytes, clientDataHash]), signature) && bytes.length === 0) {',
    ),
    traps: [hostile],
  },
  {
    name: "another credential's answer",
    why: 'the secret of another slot is taken for this one',
    edits: edit(
      'get-assertion.ts',
      'return namedId !== undefined && Buffer.compare(namedId, id) === 0;',
      'return namedId !== undefined;',
    ),
    traps: [hostile],
  },
  {
    name: 'half a secret',
    why: 'a slot is wrapped under fewer bits than it says',
    edits: edit(
      'get-assertion.ts',
      'if (plain?.length !== wanted * secretLength) {',
      'if (plain === undefined) {',
    ),
    traps: [hostile],
  },
  {
    name: 'attestation not read',
    why: 'a credential is enrolled whose key does not hold its private part',
    edits: edit(
      'attestation.ts',
      "if (!statement.has('x5c')) return isSignedBy(publicPoint, signed, signature);",
      "if (!statement.has('x5c')) return publicPoint.x.length > 0;",
    ),
    traps: [hostile],
  },
  {
    name: 'no protection asked for',
    why: 'the credential may be used by a touch alone',
    edits: edit(
      'make-credential.ts',
      'const isProtected = !hasProtection ||',
      'const isProtected = hasProtection || !hasProtection ||',
    ),
    traps: [hostile],
  },
  {
    name: 'secret wiped too early',
    why: 'the key material is zeros while the answer is still awaited: another secret every time',
    edits: edit(
      'release-secrets.ts',
      'return proved.ok ? await releaseWith(',
      'return proved.ok ? releaseWith(',
    ),
    traps: [care],
  },
  {
    name: 'a finger serves for ever',
    why: 'somebody else goes on with the touch of the owner, who has left',
    edits: edit(
      'release-secrets.ts',
      'this.#timers.after(keptProofMs, ',
      'this.#timers.after(keptProofMs * 1_000, ',
    ),
    traps: [channel],
  },
  {
    name: 'attempts left not asked for',
    why: 'nobody is warned before the last PIN attempt, after which the key destroys the secret',
    edits: edit(
      'verification.ts',
      'return retries.ok ? { ...failure, attemptsLeft: retries.value.left }',
      'return retries.ok ? failure',
    ),
    traps: [care],
  },
  {
    name: 'enrolment not tidied up',
    why: 'a key is left in the middle of learning a finger that nobody goes on with',
    edits: edit(
      'finger-enrolment.ts',
      "if (taken.error.failure !== 'removed')",
      "if (taken.error.failure === 'removed')",
    ),
    traps: [care],
  },
  {
    name: 'sequence numbers not read',
    why: 'pieces of messages are put together in a wrong order',
    edits: edit('hid-frames.ts', "if (sequence !== this.#sequence) return this.#refuse('sequence');", ''),
    traps: [unit('access/ctap/hid-frames.test.ts'), hostile],
  },
  {
    name: 'channels not told apart',
    why: "another program's answers are taken for ours",
    edits: edit('hid-frames.ts', 'if (view.getUint32(0) !== this.#channel) return ignored;', ''),
    traps: [unit('access/ctap/hid-frames.test.ts'), hostile],
  },
  {
    name: "another program's channel",
    why: 'two programs on one channel read and answer for each other',
    edits: edit(
      'hid-channel.ts',
      'payload.length >= initAnswerLength && startsWith(payload, nonce)',
      'payload.length >= initAnswerLength',
    ),
    traps: [channel],
  },
  {
    name: 'cancel not sent',
    why: 'the key goes on blinking, and its next answer is to the wrong question',
    edits: edit('hid-exchange.ts', 'if (this.#isSent) void this.#write(this.#order.cancelFrames);', ''),
    traps: [channel],
  },
  {
    name: 'a silent key is waited for',
    why: 'the lock screen hangs until somebody pulls the key out',
    edits: edit(
      'hid-exchange.ts',
      "this.#timers.after(this.#order.limits.silenceMs, () => this.#fail('no-answer'))",
      "this.#timers.after(this.#order.limits.silenceMs * 1_000, () => this.#fail('no-answer'))",
    ),
    traps: [channel],
  },
  {
    name: 'no fresh start after a fault',
    why: 'the rest of a broken answer is read as the next one',
    edits: edit(
      'hid-channel.ts',
      "this.#isOutOfStep = end.kind === 'fault' && !end.wasAnswered;",
      'this.#isOutOfStep = false;',
    ),
    traps: [channel, hostile],
  },
  {
    name: 'busy for ever',
    why: 'a key held by another program is asked without end',
    edits: edit('hid-channel.ts', "if (waitMs === undefined) return fail('busy');", ''),
    traps: [channel],
  },
  {
    name: 'removal not told',
    why: 'the workstation stays open when the key is pulled out (ACC-10)',
    edits: edit('ctap-key.ts', 'for (const told of this.#removalListeners) told();', ''),
    traps: [unplug],
  },
  {
    name: 'the same key twice in a map',
    why: 'two readers of one answer see different values',
    edits: edit('cbor-decode.ts', 'if (order >= 0) return', 'if (order > 0) return'),
    traps: [unit('access/ctap/cbor.test.ts'), fuzz],
  },
  {
    name: 'long forms taken',
    why: 'an answer has more than one encoding, and signatures are over one of them',
    edits: edit(
      'cbor-decode.ts',
      "if (value < least) return cursor.refuse('not-shortest');",
      "if (value < 0n) return cursor.refuse('not-shortest');",
    ),
    traps: [fuzz],
  },
  {
    name: 'depth without end',
    why: 'a few thousand bytes overflow the stack',
    edits: edit(
      'cbor-decode.ts',
      "if (depth > deepestNesting) return cursor.refuse('too-deep');\n  if (length > cursor.left)",
      'if (length > cursor.left)',
    ),
    traps: [unit('access/ctap/cbor.test.ts')],
  },
];
