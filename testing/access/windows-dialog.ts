import { sha256 } from '@noble/hashes/sha2.js';
import { parseAuthenticatorData } from '#access/ctap/authenticator-data.ts';
import { readInfo } from '#access/ctap/authenticator-info.ts';
import { type CborMap, cborMap } from '#access/ctap/cbor.ts';
import { bytesAt, mapAt, textAt } from '#access/ctap/cbor-fields.ts';
import { type Agreement, permission } from '#access/ctap/client-pin.ts';
import { type Asking, Conversation, ctapCommand } from '#access/ctap/conversation.ts';
import { HidChannel } from '#access/ctap/hid-channel.ts';
import type { HidPipe } from '#access/ctap/hid-pipe.ts';
import type { CtapFailure } from '#access/ctap/status.ts';
import { beginAgreement, type KnownKey, type Proof, verifyOwner } from '#access/ctap/verification.ts';
import type { Random, Timers } from '#clinic/ports/clock.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import { byFinger, byPin } from '../virtual-key/ctap-bench.ts';

/** What Windows does behind its dialogs: speaks CTAP2 with a key, its owner verified by finger, or by PIN where no finger is set up. */
export interface WindowsDialog {
  make(order: DialogMake, signal: AbortSignal): Promise<Result<DialogMade, CtapFailure>>;
  assert(order: DialogAssert, signal: AbortSignal): Promise<Result<DialogAsserted, CtapFailure>>;
}

export interface DialogMake {
  readonly relyingParty: string;
  readonly user: Uint8Array;
  readonly clientData: Uint8Array;
  readonly excluded: readonly Uint8Array[];
  readonly wantsSecret: boolean;
  readonly protection: number | undefined;
}
export interface DialogMade {
  readonly format: string;
  readonly authenticatorData: Uint8Array;
}
export interface DialogAssert {
  readonly relyingParty: string;
  readonly clientData: Uint8Array;
  /** `salt`: as the key gets it. */
  readonly credentials: readonly AskedCredential[];
}
interface AskedCredential {
  readonly id: Uint8Array;
  readonly salt: Uint8Array;
}
export interface DialogAsserted {
  readonly authenticatorData: Uint8Array;
  readonly signature: Uint8Array;
  readonly credentialId: Uint8Array;
  readonly secret: Uint8Array | undefined;
}

export async function openWindowsDialog(
  pipe: HidPipe,
  effects: { readonly random: Random; readonly timers: Timers },
): Promise<WindowsDialog> {
  const channel = await HidChannel.open(pipe, { id: 'behind the dialog', ...effects });
  if (!channel.ok) throw new Error(channel.error);
  const conversation = new Conversation(channel.value);

  const verified = async <Value>(
    purpose: { readonly permissions: number; readonly relyingParty: string },
    asking: Asking,
    run: (key: KnownKey, agreement: Agreement, proof: Proof) => Promise<Result<Value, CtapFailure>>,
  ): Promise<Result<Value, CtapFailure>> => {
    const info = await readInfo(conversation, asking);
    if (!info.ok) return info;
    const key: KnownKey = { conversation, info: info.value, random: effects.random };
    const verification = info.value.finger.is ? byFinger : byPin();
    const agreed = await beginAgreement(key, verification.method, asking);
    if (!agreed.ok) return agreed;
    const proved = await verifyOwner(key, agreed.value, verification, purpose, asking);
    return proved.ok ? run(key, agreed.value, proved.value) : proved;
  };
  const asking = (signal: AbortSignal): Asking => ({ signal, method: 'finger', onProgress: () => undefined });

  /** The credential that the key holds, found out without a touch: its salt is the one to send. The first, if none is. */
  const heldOf = async (order: DialogAssert, { token }: Proof, told: Asking): Promise<AskedCredential> => {
    const [first, ...others] = order.credentials;
    if (first === undefined) throw new Error('no credential');
    if (others.length === 0) return first;
    for (const each of order.credentials) {
      const hash = sha256(order.clientData);
      const silent = cborMap([
        [0x01, order.relyingParty],
        [0x02, hash],
        [0x03, [publicKey(each.id)]],
        [0x05, cborMap([['up', false]])],
        [0x06, token?.authenticate(hash)],
        [0x07, token?.protocol],
      ]);
      if ((await conversation.ask(ctapCommand.getAssertion, silent, told)).ok) return each;
    }
    return first;
  };

  return {
    make: (order, signal) =>
      verified(
        { permissions: permission.makeCredential, relyingParty: order.relyingParty },
        asking(signal),
        async (key, _agreement, proof) => {
          const parameters = makeParameters(key, order, proof);
          const answer = await conversation.ask(ctapCommand.makeCredential, parameters, asking(signal));
          return answer.ok ? ok(withoutAttestation(answer.value)) : answer;
        },
      ),
    assert: (order, signal) =>
      verified(
        { permissions: permission.getAssertion, relyingParty: order.relyingParty },
        asking(signal),
        async (_key, agreement, proof) => {
          const held = await heldOf(order, proof, asking(signal));
          const parameters = assertParameters(order, held, agreement, proof);
          const answer = await conversation.ask(ctapCommand.getAssertion, parameters, asking(signal));
          return answer.ok ? readAsserted(answer.value, held, agreement) : answer;
        },
      ),
  };
}

const publicKey = (id: Uint8Array): CborMap =>
  cborMap([
    ['id', id],
    ['type', 'public-key'],
  ]);

function makeParameters(key: KnownKey, order: DialogMake, { token }: Proof): CborMap {
  const hash = sha256(order.clientData);
  const knowsProtection = key.info.hasCredentialProtection;
  return cborMap([
    [0x01, hash],
    [0x02, cborMap([['id', order.relyingParty]])],
    [0x03, cborMap([['id', order.user]])],
    [
      0x04,
      [
        cborMap([
          ['alg', -7],
          ['type', 'public-key'],
        ]),
      ],
    ],
    [0x05, order.excluded.length === 0 ? undefined : order.excluded.map(publicKey)],
    [
      0x06,
      cborMap([
        ['credProtect', knowsProtection ? order.protection : undefined],
        ['hmac-secret', order.wantsSecret ? true : undefined],
      ]),
    ],
    [0x07, token === undefined ? cborMap([['uv', true]]) : undefined],
    [0x08, token?.authenticate(hash)],
    [0x09, token?.protocol],
  ]);
}

/** As Windows gives it where no attestation was wanted: format "none", the model's number blanked. */
function withoutAttestation(answer: CborMap): DialogMade {
  const authenticatorData = bytesAt(answer, 2)?.slice() ?? new Uint8Array();
  authenticatorData.fill(0, 37, 53);
  return { format: textAt(answer, 1) === undefined ? '' : 'none', authenticatorData };
}

function assertParameters(
  order: DialogAssert,
  { id, salt }: AskedCredential,
  { ours, secret }: Agreement,
  { token }: Proof,
): CborMap {
  const hash = sha256(order.clientData);
  const sealed = secret.encrypt(salt);
  const input = cborMap([
    [1, ours],
    [2, sealed],
    [3, secret.authenticate(sealed)],
    [4, secret.protocol === 1 ? undefined : secret.protocol],
  ]);
  return cborMap([
    [0x01, order.relyingParty],
    [0x02, hash],
    [0x03, [publicKey(id)]],
    [0x04, cborMap([['hmac-secret', input]])],
    [0x05, token === undefined ? cborMap([['uv', true]]) : undefined],
    [0x06, token?.authenticate(hash)],
    [0x07, token?.protocol],
  ]);
}

function readAsserted(
  answer: CborMap,
  asked: AskedCredential,
  { secret }: Agreement,
): Result<DialogAsserted, CtapFailure> {
  const authenticatorData = bytesAt(answer, 2);
  const signature = bytesAt(answer, 3);
  if (authenticatorData === undefined || signature === undefined) return fail({ failure: 'garbled' });
  const parsed = parseAuthenticatorData(authenticatorData);
  const extensions = parsed.ok ? parsed.value.extensions : undefined;
  const sealed = extensions && bytesAt(extensions, 'hmac-secret');
  const credential = mapAt(answer, 1);
  const credentialId = (credential && bytesAt(credential, 'id')) ?? asked.id;
  return ok({ authenticatorData, signature, credentialId, secret: sealed && secret.decrypt(sealed) });
}
