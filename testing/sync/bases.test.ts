import * as v from 'valibot';
import { beforeEach, describe, expect, it } from 'vitest';
import { DeviceIdSchema, OperationIdSchema, type RecordId } from '#contracts/ids.ts';
import type { PatientBody } from '#contracts/records/patients.ts';
import type { RecordOf } from '#contracts/records/registry.ts';
import { OfferRowSchema } from '#contracts/wire/client-messages.ts';
import { readKnownVersions } from '#sync/client/heal/known-versions.ts';
import { takeBatch } from '#sync/client/offer-row.ts';
import { OfferText } from '#sync/client/offer-text.ts';
import { settleConflict } from '#sync/client/settle-conflict.ts';
import { recordLocalWrite } from '#sync/local-write.ts';
import { applyDelta } from '#sync/merge/record-delta.ts';
import { revisionOf } from '#sync/merge/revision.ts';
import { uuidV7 } from '#sync/uuid-v7.ts';
import { MemoryReplica } from '../doubles/memory-replica.ts';
import { SeededRandom } from '../doubles/seeded-random.ts';
import { randomPatient, randomPerson, randomRecordId } from './random-bodies.ts';
import { facility } from './sync-world.ts';

const now = 1_800_000_000_000;
const phones = { old: '+998900000001', known: '+998900000002' } as const;

let random: SeededRandom;
let replica: MemoryReplica;
let id: RecordId;
const device = v.parse(DeviceIdSchema, uuidV7(1, new SeededRandom(1)));

beforeEach(() => {
  random = new SeededRandom(11);
  replica = new MemoryReplica();
  id = randomRecordId(random);
});

const write = (body: PatientBody) =>
  replica.transact((transaction) =>
    recordLocalWrite(transaction, {
      collection: 'patients',
      id,
      body,
      scope: facility,
      author: randomPerson(random),
      device,
      at: now,
      random,
    }),
  );
const operation = () => v.parse(OperationIdSchema, uuidV7(now, random));
/** Another workstation's version on top of `base`. */
function foreign(base: RecordOf<'patients'> | null, like: RecordOf<'patients'>, body: PatientBody) {
  const content = { ...like, body };
  return { ...content, rev: revisionOf(operation(), base?.rev ?? null, 'patients', content) };
}

describe('a restored center names a version older than the base here (EPO-3)', () => {
  it('is merged without a base, so that what both sides hold differently is asked about', async () => {
    const { address: _none, ...plain } = randomPatient(random);
    const first = await write({ ...plain, phone: phones.old });
    await replica.transact(({ outbox }) => outbox.accept(outbox.pending(1)[0]?.op ?? operation(), 1, now));
    // The center's second version, which it loses later, is the base of an edit made here.
    const second = foreign(first, first, { ...first.body, phone: phones.known });
    await replica.transact((transaction) => transaction.put('patients', second));
    await write({ ...second.body, address: { line: 'Navbahor 7' } });
    expect(replica.sync.shadow('patients', id)?.rev).toBe(second.rev);

    const context = { device, scope: facility, now, random };
    await replica.transact((transaction) => settleConflict(transaction, 'patients', first, context));

    expect(replica.get('patients', id)?.body).toMatchObject({ phone: phones.old });
    const [review] = replica.find('reviews', {});
    const { question } = review?.body ?? {};
    if (question?.kind !== 'conflict') throw new Error('nobody is asked');
    expect(question.fields).toContainEqual(
      expect.objectContaining({
        field: 'phone',
        mine: JSON.stringify(phones.known),
        theirs: JSON.stringify(phones.old),
      }),
    );
  });
});

describe('what counts in a comparison (DIG-1)', () => {
  const countOf = async (): Promise<string | null | undefined> => {
    const stored = replica.get('patients', id);
    if (stored === undefined) throw new Error('no patient');
    return readKnownVersions(replica)?.countAs('patients', id, stored.rev);
  };

  it('is the version the center is known to have, not the unsent one on it', async () => {
    const known = foreign(null, await write(randomPatient(random)), randomPatient(random));
    replica = new MemoryReplica();
    await replica.transact((transaction) => transaction.put('patients', known));
    expect(await countOf()).toBe(known.rev);
    await write({ ...known.body, phone: phones.known });
    expect(await countOf()).toBe(known.rev);
  });

  it('is nothing for a new record, sent or in quarantine', async () => {
    await write(randomPatient(random));
    expect(await countOf()).toBeNull();
    await replica.transact(({ outbox }) =>
      outbox.quarantine(outbox.pending(1)[0]?.op ?? operation(), 'sync.record-refused'),
    );
    expect(await countOf()).toBeNull();
  });
});

describe('differences in one offer (PUSH-14)', () => {
  it('build on the row before, also when it is taken back', async () => {
    const known = await write({ ...randomPatient(random), phone: phones.old });
    await replica.transact(({ outbox }) => outbox.accept(outbox.pending(1)[0]?.op ?? operation(), 1, now));
    await write({ ...known.body, phone: phones.known });
    await write(known.body);

    const rows = replica.outbox.pending(10);
    const text = new OfferText();
    text.begin(1);
    const { utf8 } = takeBatch(rows, { rows: 10, bytes: 100_000 }, replica.sync, new Set(), text);
    const { rows: messages } = v.parse(
      v.object({ rows: v.array(OfferRowSchema) }),
      JSON.parse(Buffer.from(utf8).toString('utf8')),
    );
    expect(messages.map((message) => 'delta' in message)).toEqual([true, true]);
    let base: unknown = known;
    for (const [index, message] of messages.entries()) {
      const next = rows[index]?.record;
      if (!('delta' in message) || next === undefined) throw new Error('no difference');
      const { rev, ...content } = next;
      base = applyDelta(base, message.delta);
      expect(base).toEqual(content);
      base = { ...content, rev };
    }
  });
});
