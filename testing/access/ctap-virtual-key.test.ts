import { describe, expect, test } from 'vitest';
import { type CborMap, cborMap } from '#access/ctap/cbor.ts';
import { bytesAt, mapAt } from '#access/ctap/cbor-fields.ts';
import { Conversation } from '#access/ctap/conversation.ts';
import { HidChannel } from '#access/ctap/hid-channel.ts';
import { coseAlgorithm, coseKey, pointFromCose } from '#access/ctap/p256.ts';
import { encapsulate } from '#access/ctap/pin-uv-protocol.ts';
import { decodeCredential } from '#access/enrolled-credential.ts';
import { systemRandom, systemTimers } from '#workstation/system-effects.ts';
import { type CtapBench, openCtapBench, operation } from '../virtual-key/ctap-bench.ts';

/** What our client never asks, and what an honest key must answer all the same: other programs ask it. */
const asking = { signal: new AbortController().signal, onProgress: () => undefined };

async function rawConversation(bench: CtapBench): Promise<Conversation> {
  const channel = await HidChannel.open(bench.pipe, {
    id: 'raw',
    random: systemRandom,
    timers: systemTimers,
  });
  if (!channel.ok) throw new Error(channel.error);
  return new Conversation(channel.value);
}

async function world() {
  const bench = await openCtapBench({ random: systemRandom, timers: systemTimers });
  const made = await bench.key.createCredential({ ...operation(), user: systemRandom.bytes(16) });
  const enrolled = made.ok ? decodeCredential(made.value.credential) : undefined;
  if (enrolled === undefined) throw new Error('no credential');
  return { bench, conversation: await rawConversation(bench), id: enrolled.id };
}

const allowed = (id: Uint8Array): CborMap =>
  cborMap([
    ['id', id],
    ['type', 'public-key'],
  ]);

/** hmac-secret over one salt, without any verification: what a thief with the key in hand can ask. */
async function secretInput(conversation: Conversation): Promise<CborMap> {
  const answer = await conversation.ask(
    0x06,
    cborMap([
      [1, 2],
      [2, 2],
    ]),
    asking,
  );
  const theirs = answer.ok ? mapAt(answer.value, 1) : undefined;
  const point = theirs && pointFromCose(theirs);
  if (!point?.ok) throw new Error('no agreement');
  const { ours, secret } = encapsulate(2, point.value, systemRandom);
  const sealed = secret.encrypt(new Uint8Array(32));
  return cborMap([
    [1, coseKey(ours, coseAlgorithm.ecdhEsHkdf256)],
    [2, sealed],
    [3, secret.authenticate(sealed)],
    [4, 2],
  ]);
}

describe('the virtual key is honest', () => {
  test('to whoever only touches it: the credential does not even seem to exist', async () => {
    const { conversation, id } = await world();
    const extensions = cborMap([['hmac-secret', await secretInput(conversation)]]);
    const request = cborMap([
      [1, 'localhost'],
      [2, new Uint8Array(32)],
      [3, [allowed(id)]],
      [4, extensions],
    ]);
    expect(await conversation.ask(0x02, request, asking)).toEqual({
      ok: false,
      error: { failure: 'no-credential' },
    });
  });

  test('to other relying parties', async () => {
    const { conversation, id } = await world();
    const request = cborMap([
      [1, 'example.org'],
      [2, new Uint8Array(32)],
      [3, [allowed(id)]],
      [5, cborMap([['uv', true]])],
    ]);
    expect(await conversation.ask(0x02, request, asking)).toMatchObject({
      error: { failure: 'no-credential' },
    });
  });

  test('with a made up token', async () => {
    const { conversation, id } = await world();
    const request = cborMap([
      [1, 'localhost'],
      [2, new Uint8Array(32)],
      [3, [allowed(id)]],
      [6, new Uint8Array(32)],
      [7, 2],
    ]);
    expect(await conversation.ask(0x02, request, asking)).toEqual({
      ok: false,
      error: { failure: 'refused', status: 0x33 },
    });
  });

  test('when a credential is made without verification: it is not', async () => {
    const { conversation } = await world();
    const algorithm = cborMap([
      ['alg', -7],
      ['type', 'public-key'],
    ]);
    const request = cborMap([
      [1, new Uint8Array(32)],
      [2, cborMap([['id', 'localhost']])],
      [3, cborMap([['id', new Uint8Array(16)]])],
      [4, [algorithm]],
    ]);
    expect(await conversation.ask(0x01, request, asking)).toEqual({
      ok: false,
      error: { failure: 'refused', status: 0x36 },
    });
  });

  test('gives by verified signature the answer that a browser asks for', async () => {
    const { conversation, id } = await world();
    const request = cborMap([
      [1, 'localhost'],
      [2, new Uint8Array(32)],
      [3, [allowed(id)]],
      [5, cborMap([['uv', true]])],
    ]);
    const answer = await conversation.ask(0x02, request, asking);
    const data = answer.ok ? bytesAt(answer.value, 2) : undefined;
    expect(data?.[32]).toBe(0x05);
  });

  test('when it is asked which key is meant', async () => {
    const { conversation } = await world();
    expect(await conversation.ask(0x0b, undefined, asking)).toEqual({ ok: true, value: new Map() });
    const request = cborMap([
      [1, 'make.me.blink'],
      [2, new Uint8Array(32)],
      [6, new Uint8Array()],
      [7, 2],
    ]);
    expect(await conversation.ask(0x02, request, asking)).toMatchObject({
      error: { failure: 'pin-not-right' },
    });
    expect(await conversation.ask(0x08, undefined, asking)).toMatchObject({ error: { status: 0x30 } });
  });
});
