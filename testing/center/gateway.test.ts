import { createPublicKey, verify } from 'node:crypto';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceIdSchema, ScopeSchema } from '#contracts/ids.ts';
import { maxMessageBytes, oldestProtocolVersion, protocolVersion } from '#contracts/wire/protocol.ts';
import { type CenterWorld, startWorld } from './center-world.ts';
import { spkiOf } from './keys.ts';
import { facilityA, facilityB, patientRow } from './test-records.ts';
import {
  connect,
  copyKey,
  enrol,
  greet,
  newKey,
  openWire,
  proofFor,
  refusalOf,
  strangeTicket,
} from './wire-client.ts';

let world: CenterWorld;
const url = () => world.center.url;

beforeAll(async () => {
  world = await startWorld({ limits: { handshakeMs: 1_500, failedEnrolmentsPerMinute: 1_000 } });
});
afterAll(async () => {
  await world?.close();
});

describe('GAT-1: versions', () => {
  it.each([oldestProtocolVersion - 1, protocolVersion + 1, 65_535])(
    'refuses version %i and says its own',
    async (protocol) => {
      const client = await openWire(url());
      client.send({ type: 'hello', protocol, program: 'x' });
      expect(await client.next('refused')).toEqual({
        type: 'refused',
        code: 'sync.protocol-mismatch',
        protocol: protocolVersion,
        retry: false,
      });
      expect(await client.closed).toBe(1008);
    },
  );
});

describe('GAT-2: messages that do not belong', () => {
  const strange: readonly (readonly [string, string | Buffer])[] = [
    ['no JSON', 'hello'],
    ['no message', '42'],
    ['an unknown type', '{"type":"format-disk"}'],
    ['bytes', Buffer.from('{"type":"hello","protocol":1,"program":"x"}')],
    [
      'a message too early',
      '{"type":"status","backlog":0,"oldestPendingAt":null,"quarantined":0,"openReviews":0,"clock":1}',
    ],
    [
      'a message too long',
      JSON.stringify({ type: 'hello', protocol: 1, program: 'x', pad: 'x'.repeat(maxMessageBytes) }),
    ],
  ];
  it.each(strange)('%s: refused and closed', async (_name, message) => {
    const client = await openWire(url());
    client.sendRaw(message);
    expect(await client.next('refused')).toMatchObject({ code: 'sync.unknown-message', retry: false });
    await client.closed;
  });

  it('a message far too long: closed', async () => {
    const client = await openWire(url());
    client.sendRaw('x'.repeat(3 * maxMessageBytes));
    expect(await client.closed).toBe(1009);
  });

  it('silence before the welcome: closed', async () => {
    const client = await openWire(url());
    await greet(client);
    expect(await client.next('refused', 5_000)).toMatchObject({ retry: true });
  });

  it('serves nothing but /sync', async () => {
    await expect(openWire(url().replace('/sync', '/other'))).rejects.toThrow('404');
  });

  it('refuses to show another facility', async () => {
    const client = await connect(url(), await world.enrol());
    client.send({ type: 'pull', scope: facilityB, lane: 1, since: 0, limit: 10 });
    expect(await client.next('refused')).toMatchObject({ code: 'access.forbidden' });
  });
});

describe('ENR: enrolment', () => {
  it('takes a code typed carelessly, once, and countersigns the workstation', async () => {
    const { code } = await world.center.createEnrolmentCode(facilityA);
    const client = await openWire(url());
    await greet(client);
    const { publicKey } = newKey();
    const careless = ` ${code.toLowerCase().replaceAll('0', 'o').replaceAll('1', 'l')} `;
    client.send({ type: 'enrol', code: careless, publicKey, label: 'Room\u0000 1' });
    const enrolled = await client.next('enrolled');
    expect(enrolled.scope).toBe(facilityA);
    const centerKey = createPublicKey(spkiOf(enrolled.centerKey));
    const signed = Buffer.from(`${enrolled.device}\n${facilityA}\n${publicKey}`);
    expect(verify(null, signed, centerKey, Buffer.from(enrolled.certificate, 'base64'))).toBe(true);
    await client.close();
    await expect(enrol(url(), code)).rejects.toThrow('enrolment.code-stale');
  });

  it('answers again when the answer was lost, but not to another key', async () => {
    const { code } = await world.center.createEnrolmentCode(facilityA);
    const key = newKey();
    const ask = async (publicKey: string) => {
      const client = await openWire(url());
      const challenge = await greet(client);
      client.send({ type: 'enrol', code, publicKey, label: 'x' });
      return { client, challenge };
    };
    const first = await ask(key.publicKey);
    const lost = await first.client.next('enrolled');
    await first.client.close();
    const second = await ask(key.publicKey);
    const again = await second.client.next('enrolled');
    expect(again.device).toBe(lost.device);
    second.client.send(proofFor({ key: key.key, ...again }, second.challenge));
    await second.client.next('welcome');
    await second.client.close();
    const third = await ask(newKey().publicKey);
    expect(await third.client.next('refused')).toMatchObject({ code: 'enrolment.code-stale' });
    const fourth = await ask(key.publicKey);
    expect(await fourth.client.next('refused')).toMatchObject({ code: 'enrolment.code-stale' });
  });

  it('takes the first answer too when the question came twice: nothing was lost', async () => {
    const { code } = await world.center.createEnrolmentCode(facilityA);
    const key = newKey();
    const ask = async () => {
      const client = await openWire(url());
      await greet(client);
      client.send({ type: 'enrol', code, publicKey: key.publicKey, label: 'x' });
      const enrolled = await client.next('enrolled');
      await client.close();
      return enrolled;
    };
    const first = await ask();
    await ask();
    const later = await openWire(url());
    later.send(proofFor({ key: key.key, ...first }, await greet(later)));
    await later.next('welcome');
    await later.close();
  });

  it('knows no code that it did not make', async () => {
    await expect(enrol(url(), 'AAAAA-AAAAA')).rejects.toThrow('enrolment.code-unknown');
    await expect(enrol(url(), 'short')).rejects.toThrow('enrolment.code-unknown');
  });

  it('takes no code after its time', async () => {
    const { code } = await world.center.createEnrolmentCode(facilityA);
    await world.sql.query('update enrolment_code set expires_at = 1 where used_at is null');
    await expect(enrol(url(), code)).rejects.toThrow('enrolment.code-stale');
  });

  it('makes no code for a facility that is not there', async () => {
    await expect(world.center.createEnrolmentCode(v.parse(ScopeSchema, 'ZZZ999999'))).rejects.toThrow(
      'no facility',
    );
  });

  it('keeps no code in clear', async () => {
    const { code } = await world.center.createEnrolmentCode(facilityA);
    const { rows } = await world.sql.query('select code_hash from enrolment_code');
    const kept = JSON.stringify(rows);
    expect(kept).not.toContain(code);
    expect(kept).not.toContain(code.replace('-', ''));
  });
});

describe('TIC: a copied workstation is noticed', () => {
  it('TIC-1: takes the confirmed ticket, and the offered one whose confirmation was lost', async () => {
    const identity = await world.enrol();
    const first = identity.ticket;
    await (await connect(url(), identity, false)).close();
    const offered = identity.ticket;
    identity.ticket = first;
    await (await connect(url(), identity, false)).close();
    expect(identity.ticket).not.toBe(offered);
    await (await connect(url(), identity, false)).close();
    await (await connect(url(), identity)).close();
    await (await connect(url(), identity)).close();
  });

  it('TIC-3: a copy that comes later is refused, and from then on the original too', async () => {
    const original = await world.enrol();
    const copy = { ...original, key: copyKey(original.key) };
    const client = await connect(url(), original);
    await client.close();
    await (await connect(url(), original)).close();
    expect(await refusalOf(url(), copy)).toBe('sync.device-cloned');
    expect(await refusalOf(url(), original)).toBe('sync.device-cloned');
  });

  it('TIC-3: a copy that comes first is noticed when the original comes', async () => {
    const original = await world.enrol();
    const copy = { ...original, key: copyKey(original.key) };
    const client = await connect(url(), copy);
    expect(await refusalOf(url(), original)).toBe('sync.device-cloned');
    expect(await client.next('refused')).toMatchObject({ code: 'sync.device-cloned' });
    expect(await refusalOf(url(), copy)).toBe('sync.device-cloned');
  });

  it('two machines that take turns before any confirmation are noticed too', async () => {
    const original = await world.enrol();
    const copy = { ...original, key: copyKey(original.key) };
    await (await connect(url(), original, false)).close();
    await (await connect(url(), copy, false)).close();
    expect(await refusalOf(url(), original)).toBe('sync.device-cloned');
  });

  it('a stranger without the key cannot mark a workstation as copied', async () => {
    const identity = await world.enrol();
    const stranger = { ...identity, key: newKey().key, ticket: strangeTicket() };
    expect(await refusalOf(url(), stranger)).toBe('sync.proof-refused');
    await (await connect(url(), identity)).close();
  });

  it('a proof is good for one challenge', async () => {
    const identity = await world.enrol();
    const client = await openWire(url());
    const proof = proofFor(identity, await greet(client));
    await client.close();
    const other = await openWire(url());
    await greet(other);
    other.send(proof);
    expect(await other.next('refused')).toMatchObject({ code: 'sync.proof-refused' });
  });

  it('a newer connection of the same workstation ends the older one', async () => {
    const identity = await world.enrol();
    const older = await connect(url(), identity);
    const newer = await connect(url(), identity);
    await older.closed;
    expect(await newer.push([patientRow(facilityA)])).toMatchObject([{ verdict: 'ok' }]);
    await newer.close();
  });
});

describe('GAT-3: unknown and revoked workstations', () => {
  it('refuses a workstation it does not know', async () => {
    const identity = await world.enrol();
    const unknown = { ...identity, device: v.parse(DeviceIdSchema, '0199b000-0000-7000-8000-000000000001') };
    expect(await refusalOf(url(), unknown)).toBe('sync.device-unknown');
  });

  it('ends the connection of a revoked one, and refuses it from then on', async () => {
    const identity = await world.enrol();
    const client = await connect(url(), identity);
    expect(await world.center.revoke(identity.device)).toBe(true);
    expect(await client.next('refused')).toMatchObject({ code: 'sync.device-revoked', retry: false });
    expect(await refusalOf(url(), identity)).toBe('sync.device-revoked');
    expect(await world.center.revoke(identity.device)).toBe(false);
  });

  it('takes nothing more from a revoked one although its connection still stands', async () => {
    const identity = await world.enrol();
    const client = await connect(url(), identity);
    await world.sql.query('update device set revoked_at = 1 where id = $1', [identity.device]);
    const row = patientRow(facilityA);
    client.send({ type: 'push', batch: 1, rows: [row] });
    expect(await client.next('refused')).toMatchObject({ code: 'sync.device-revoked' });
    const { rowCount } = await world.sql.query('select 1 from doc where id = $1', [row.id]);
    expect(rowCount).toBe(0);
  });
});

describe('FEE: the feed', () => {
  it('answers by frames up to the head, then by silence', async () => {
    const client = await connect(url(), await world.enrol(facilityB));
    const start = client.welcome.scopes[0]?.head ?? 0;
    await client.push(Array.from({ length: 25 }, () => patientRow(facilityB)));
    const seen: number[] = [];
    let since = start;
    while (since < start + 25) {
      const frame = await client.pull(1, since, 10);
      expect(frame.since).toBe(since);
      seen.push(...frame.documents.map(({ seq }) => seq));
      since = frame.through;
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_unused, index) => start + 1 + index));
    client.send({ type: 'pull', scope: facilityB, lane: 1, since, limit: 10 });
    const other = await client.pull(3, 0);
    expect(new Set(other.documents.map(({ collection }) => collection))).toEqual(new Set(['reference']));
    expect(other.through).toBe(start + 25);
    expect(client.waiting.filter(({ type }) => type === 'frame')).toEqual([]);
    await client.close();
  });

  it('tells others of the facility at once, and how far the backup reaches', async () => {
    const writer = await connect(url(), await world.enrol());
    const reader = await connect(url(), await world.enrol());
    const stranger = await connect(url(), await world.enrol(facilityB));
    await stranger.next('durable');
    await reader.next('durable');
    const [verdict] = await writer.push([patientRow(facilityA)]);
    if (verdict?.verdict !== 'ok') throw new Error('not ok');
    expect(await reader.next('hint', 2_000)).toEqual({ type: 'hint', scope: facilityA, head: verdict.seq });
    expect(await reader.next('durable', 2_000)).toEqual({
      type: 'durable',
      scope: facilityA,
      seq: verdict.seq,
    });
    expect(stranger.waiting).toEqual([]);
    for (const client of [writer, reader, stranger]) await client.close();
  });

  it('a burst makes few hints, and the last one names the last position', async () => {
    const writer = await connect(url(), await world.enrol());
    const reader = await connect(url(), await world.enrol());
    let last = 0;
    for (let round = 0; round < 40; round += 1) {
      const [verdict] = await writer.push([patientRow(facilityA)]);
      if (verdict?.verdict === 'ok') last = verdict.seq;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
    const heads = reader.waiting.flatMap((message) => (message.type === 'hint' ? [message.head] : []));
    expect(heads.at(-1)).toBe(last);
    expect(heads.length).toBeLessThan(20);
    for (const client of [writer, reader]) await client.close();
  });
});
