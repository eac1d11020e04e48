import { randomUUID } from 'node:crypto';
import type { MangoQuery, RxDocumentWriteData } from 'rxdb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  answerByHand,
  changesSince,
  idsOf,
  nextOf,
  openVisits,
  prepared,
  type StorageUnderTest,
  schemaWithAttachments,
  type Visit,
  type VisitInstance,
  visit,
} from './sample-visits.ts';

/**
 * What RxDB expects of a storage; runs on ours and on RxDB's own memory storage. `knownToFail` names what a storage is
 * known to get wrong: such a test fails when the storage is mended.
 */
export function describeRxStorage(
  name: string,
  open: () => Promise<StorageUnderTest>,
  knownToFail: ReadonlySet<string> = new Set(),
): void {
  const check = (title: string, run: () => Promise<void>) =>
    (knownToFail.has(title) ? it.fails : it)(title, run);
  describe(`${name} as a storage of RxDB`, () => {
    let tested: StorageUnderTest;
    let visits: VisitInstance;
    // The memory storage keeps databases by name for the whole process.
    let databaseName: string;
    beforeEach(async () => {
      databaseName = randomUUID();
      tested = await open();
      visits = await openVisits(tested.storage, databaseName);
    });
    afterEach(() => tested.close());

    describe('writes', () => {
      it('inserts and finds by id', async () => {
        const written = [visit('a'), visit('b', { day: '2026-02-02' })];
        const rows = written.map((document) => ({ document }));
        const { error } = await visits.bulkWrite(rows, 'test');
        expect(error).toEqual([]);
        expect(await visits.findDocumentsById(['b', 'missing', 'a'], false)).toEqual([
          written[1],
          written[0],
        ]);
      });

      it('answers an insert of a taken id with 409 and the document in the database', async () => {
        const first = visit('a');
        await visits.bulkWrite([{ document: first }], 'test');
        const { error } = await visits.bulkWrite([{ document: visit('a', { weight: 1 }) }], 'test');
        expect(error).toMatchObject([{ status: 409, documentId: 'a', isError: true, documentInDb: first }]);
        expect(await visits.findDocumentsById(['a'], false)).toEqual([first]);
      });

      it('replaces the revision it is shown, and no other', async () => {
        const first = visit('a');
        await visits.bulkWrite([{ document: first }], 'test');
        const second = nextOf(first, { weight: 2 });
        expect((await visits.bulkWrite([{ previous: first, document: second }], 'test')).error).toEqual([]);
        const stale = nextOf(first, { weight: 3 });
        const { error } = await visits.bulkWrite([{ previous: first, document: stale }], 'test');
        expect(error).toMatchObject([{ status: 409, documentInDb: second }]);
        expect(await visits.findDocumentsById(['a'], false)).toEqual([second]);
      });

      it('inserts what it is told to replace and does not know', async () => {
        const never = visit('a');
        const document = nextOf(never);
        expect((await visits.bulkWrite([{ previous: never, document }], 'test')).error).toEqual([]);
        expect(await visits.findDocumentsById(['a'], false)).toEqual([document]);
      });

      it('writes the good rows of a bulk beside the refused ones', async () => {
        const a = visit('a');
        await visits.bulkWrite([{ document: a }], 'test');
        const rows = [visit('b'), visit('a'), visit('c')].map((document) => ({ document }));
        const { error } = await visits.bulkWrite(rows, 'test');
        expect(error.map(({ documentId }) => documentId)).toEqual(['a']);
        expect(idsOf(await visits.findDocumentsById(['a', 'b', 'c'], false))).toEqual(['a', 'b', 'c']);
      });

      it('keeps deleted documents for those who ask, and lets them come back', async () => {
        const first = visit('a');
        await visits.bulkWrite([{ document: first }], 'test');
        const deleted = nextOf(first, { _deleted: true });
        await visits.bulkWrite([{ previous: first, document: deleted }], 'test');
        expect(await visits.findDocumentsById(['a'], false)).toEqual([]);
        expect(await visits.findDocumentsById(['a'], true)).toEqual([deleted]);
        expect((await visits.query(prepared({ selector: {} }))).documents).toEqual([]);
        const back = nextOf(deleted, { _deleted: false });
        expect((await visits.bulkWrite([{ previous: deleted, document: back }], 'test')).error).toEqual([]);
        expect(await visits.findDocumentsById(['a'], false)).toEqual([back]);
      });

      it('keeps every JSON value as it was', async () => {
        const extra = {
          text: '\u0000\u2028"\\💉\uffff',
          list: [1, -0.5, 1e300, null, true, [], {}],
          O: "o'g'il",
        };
        const document = visit('a', { body: { patient: 'O\u02bbg\u02bbil', notes: ['', ' '], extra } });
        await visits.bulkWrite([{ document }], 'test');
        expect(await visits.findDocumentsById(['a'], false)).toEqual([document]);
      });
    });

    describe('events', () => {
      it('tells inserts, updates and deletions before the write resolves', async () => {
        const bulks: unknown[] = [];
        const subscription = visits.changeStream().subscribe((bulk) => bulks.push(bulk));
        const first = visit('a');
        const second = nextOf(first, { weight: 2 });
        const deleted = nextOf(second, { _deleted: true });
        const told: number[] = [];
        for (const row of [
          { document: first },
          { previous: first, document: second },
          { previous: second, document: deleted },
        ]) {
          await visits.bulkWrite([row], 'the context').then(() => told.push(bulks.length));
        }
        subscription.unsubscribe();
        expect(told).toEqual([1, 2, 3]);
        expect(bulks).toMatchObject([
          {
            context: 'the context',
            checkpoint: { id: 'a', lwt: first._meta.lwt },
            events: [{ operation: 'INSERT', documentId: 'a', documentData: first }],
          },
          { events: [{ operation: 'UPDATE', documentData: second, previousDocumentData: first }] },
          { events: [{ operation: 'DELETE', documentData: deleted, previousDocumentData: second }] },
        ]);
      });

      it('is silent about refused rows', async () => {
        await visits.bulkWrite([{ document: visit('a') }], 'test');
        const bulks: unknown[] = [];
        const subscription = visits.changeStream().subscribe((bulk) => bulks.push(bulk));
        await visits.bulkWrite([{ document: visit('a') }], 'test');
        subscription.unsubscribe();
        expect(bulks).toEqual([]);
      });

      it('shows the written state to whoever reads on an event', async () => {
        const seen: Promise<unknown>[] = [];
        const subscription = visits
          .changeStream()
          .subscribe(() => seen.push(visits.findDocumentsById(['a'], false)));
        const document = visit('a');
        await visits.bulkWrite([{ document }], 'test');
        subscription.unsubscribe();
        expect(await Promise.all(seen)).toEqual([[document]]);
      });

      it('reaches every instance of the collection', async () => {
        const other = await openVisits(tested.storage, databaseName);
        const heard: string[] = [];
        const subscription = other
          .changeStream()
          .subscribe(({ events }) => heard.push(...events.map(({ documentId }) => documentId)));
        await visits.bulkWrite([{ document: visit('a') }], 'test');
        subscription.unsubscribe();
        expect(heard).toEqual(['a']);
        expect(idsOf(await other.findDocumentsById(['a'], false))).toEqual(['a']);
      });
    });

    describe('queries', () => {
      const stock = [
        visit('a', {
          day: '2026-01-03',
          weight: 3,
          isUrgent: true,
          body: { patient: 'p1', notes: ['x', 'y'] },
        }),
        visit('b', { day: '2026-01-01', weight: -0.5, body: { patient: 'p2', notes: [] } }),
        visit('c', { day: '2026-01-02', weight: 0, isUrgent: true, body: { patient: 'p1', notes: ['y'] } }),
        visit('d', { day: '2026-01-02', weight: 12.25, body: { patient: 'p3', notes: [], extra: null } }),
        visit('e', {
          day: '2026-01-05',
          weight: 100,
          body: { patient: 'p2', notes: ['z'], extra: { deep: 1 } },
        }),
      ];
      beforeEach(() =>
        visits.bulkWrite(
          stock.map((document) => ({ document })),
          'test',
        ),
      );

      const questions: readonly (readonly [string, MangoQuery<Visit>])[] = [
        ['everything', {}],
        ['equality on an index', { selector: { day: '2026-01-02' } }],
        ['a range', { selector: { weight: { $gte: 0, $lt: 13 } }, sort: [{ weight: 'asc' }] }],
        ['an exclusive range downwards', { selector: { weight: { $gt: 0 } }, sort: [{ weight: 'desc' }] }],
        [
          'a nested index',
          { selector: { 'body.patient': 'p1' }, sort: [{ 'body.patient': 'asc' }, { day: 'asc' }] },
        ],
        ['a boolean', { selector: { isUrgent: true }, sort: [{ isUrgent: 'asc' }, { weight: 'desc' }] }],
        ['one of several', { selector: { day: { $in: ['2026-01-01', '2026-01-05', 'never'] } } }],
        ['none of several', { selector: { day: { $nin: ['2026-01-01'] } } }],
        ['another value', { selector: { day: { $ne: '2026-01-02' } } }],
        ['either of two', { selector: { $or: [{ day: '2026-01-01' }, { weight: { $gt: 50 } }] } }],
        ['both of two', { selector: { $and: [{ day: '2026-01-02' }, { weight: { $gt: 1 } }] } }],
        ['neither', { selector: { $nor: [{ day: '2026-01-01' }, { isUrgent: true }] } }],
        ['the opposite', { selector: { weight: { $not: { $gt: 3 } } } }],
        ['a pattern', { selector: { day: { $regex: '-0[12]$' } } }],
        ['an element of a list', { selector: { 'body.notes': 'y' } } as MangoQuery<Visit>],
        ['the size of a list', { selector: { 'body.notes': { $size: 1 } } }],
        ['a field that some have', { selector: { 'body.extra': { $exists: true } } }],
        ['a field without an index', { selector: { 'body.extra.deep': { $gte: 1 } } } as MangoQuery<Visit>],
        ['a number by a text', { selector: { weight: { $gt: 'a' } } } as MangoQuery<Visit>],
        ['nothing at all', { selector: { day: null as never } }],
        ['a page', { sort: [{ day: 'asc' }], skip: 1, limit: 2 }],
        [
          'a page of matches',
          { selector: { 'body.notes': { $size: 0 } }, sort: [{ day: 'desc' }], skip: 1, limit: 1 },
        ],
        ['a page of no length', { limit: 0 }],
        ['a page behind the end', { skip: 99 }],
        ['an order without an index', { sort: [{ isUrgent: 'desc' }, { day: 'asc' }] }],
        ['an order by a list', { sort: [{ 'body.notes': 'asc' } as never] }],
        ['by id', { selector: { id: { $gt: 'b', $lte: 'd' } }, sort: [{ id: 'desc' }] }],
      ];
      for (const [title, query] of questions) {
        check(`answers: ${title}`, async () => {
          const question = prepared(query);
          const expected = answerByHand(stock, question);
          const { documents } = await visits.query(question);
          expect(idsOf(documents)).toEqual(idsOf(expected));
          expect(documents).toEqual(expected);
        });
        check(`counts: ${title}`, async () => {
          const question = prepared(query);
          expect((await visits.count(question)).count).toBe(answerByHand(stock, question).length);
        });
      }

      check('sorts text by UTF-16 code units', async () => {
        const names = [
          '\uffff',
          '\ue000x',
          '💉',
          '💊a',
          'z',
          'ʻ',
          'Ж',
          'a\uffee',
          'a💉',
          '\u{10ffff}',
          '\u{10fffe}b',
        ];
        const rows = names.map((day, position) => ({
          document: visit(`n${position}`, { day, weight: 1_000 }),
        }));
        await visits.bulkWrite(rows, 'test');
        const { documents } = await visits.query(
          prepared({ selector: { weight: 1_000 }, sort: [{ day: 'asc' }] }),
        );
        expect(documents.map(({ day }) => day)).toEqual([...names].sort());
        for (const day of names) {
          const found = await visits.query(prepared({ selector: { day } }));
          expect(found.documents.map((document) => document.day)).toEqual([day]);
        }
      });
    });

    it('pages through changes without missing or repeating one', async () => {
      const first = Array.from({ length: 7 }, (_, position) => visit(`v${position}`));
      for (const document of first) await visits.bulkWrite([{ document }], 'test');
      const [v3] = first.slice(3);
      if (v3 === undefined) throw new Error('no document');
      await visits.bulkWrite([{ previous: v3, document: nextOf(v3, { _deleted: true }) }], 'test');
      const seen: string[] = [];
      let checkpoint: { id: string; lwt: number } | undefined;
      for (let page = 0; page < 10; page += 1) {
        const changes = await changesSince(visits, 2, checkpoint);
        seen.push(...idsOf(changes.documents));
        checkpoint = changes.checkpoint;
        if (changes.documents.length < 2) break;
      }
      expect(seen).toEqual(['v0', 'v1', 'v2', 'v4', 'v5', 'v6', 'v3']);
      expect((await changesSince(visits, 2, checkpoint)).documents).toEqual([]);
    });

    it('purges old tombstones only', async () => {
      const documents = ['a', 'b', 'c'].map((id) => visit(id));
      await visits.bulkWrite(
        documents.map((document) => ({ document })),
        'test',
      );
      const [a, b] = documents;
      if (a === undefined || b === undefined) throw new Error('no document');
      const long = nextOf(a, { _deleted: true });
      long._meta.lwt = Date.now() - 100_000;
      await visits.bulkWrite([{ previous: a, document: long }], 'test');
      await visits.bulkWrite([{ previous: b, document: nextOf(b, { _deleted: true }) }], 'test');
      expect(await visits.cleanup(50_000)).toBe(true);
      expect(idsOf(await visits.findDocumentsById(['a', 'b', 'c'], true))).toEqual(['b', 'c']);
    });

    describe('attachments', () => {
      const blob = (text: string, digest: string) => ({
        length: text.length,
        type: 'text/plain',
        digest,
        data: new Blob([text], { type: 'text/plain' }),
      });
      let withAttachments: VisitInstance;
      beforeEach(async () => {
        withAttachments = await openVisits(tested.storage, databaseName, schemaWithAttachments, 'attached');
      });
      const stored = (attachment: ReturnType<typeof blob>) => {
        const { data: _data, ...stub } = attachment;
        return stub;
      };
      const insert = async (id: string, attachments: RxDocumentWriteData<Visit>['_attachments']) => {
        const document = { ...visit(id), _attachments: attachments };
        return withAttachments.bulkWrite([{ document }], 'test');
      };

      it('keeps their data apart from the document', async () => {
        expect((await insert('a', { scan: blob('first', 'd1') })).error).toEqual([]);
        const [found] = await withAttachments.findDocumentsById(['a'], false);
        expect(found?._attachments).toEqual({ scan: stored(blob('first', 'd1')) });
        const data = await withAttachments.getAttachmentData('a', 'scan', 'd1');
        expect(await data.text()).toBe('first');
        expect(data.type).toBe('text/plain');
      });

      it('refuses a wrong digest and an unknown attachment', async () => {
        await insert('a', { scan: blob('first', 'd1') });
        await expect(async () => withAttachments.getAttachmentData('a', 'scan', 'd2')).rejects.toThrow(
          'does not exist',
        );
        await expect(async () => withAttachments.getAttachmentData('a', 'none', 'd1')).rejects.toThrow(
          'does not exist',
        );
      });

      check('answers a missing attachment with 510 and does not write the document', async () => {
        const { error } = await insert('a', { scan: stored(blob('first', 'd1')) });
        expect(error).toMatchObject([{ status: 510, attachmentId: 'scan' }]);
        expect(await withAttachments.findDocumentsById(['a'], true)).toEqual([]);
      });

      check('tells nothing of a row refused beside a good one', async () => {
        const heard: string[] = [];
        const subscription = withAttachments
          .changeStream()
          .subscribe(({ events }) => heard.push(...events.map(({ documentId }) => documentId)));
        const refused = { ...visit('a'), _attachments: { scan: stored(blob('first', 'd1')) } };
        await withAttachments.bulkWrite([{ document: refused }, { document: visit('b') }], 'test');
        subscription.unsubscribe();
        expect(heard).toEqual(['b']);
      });

      it('replaces and removes with the document', async () => {
        await insert('a', { scan: blob('first', 'd1'), letter: blob('letter', 'd2') });
        const [first] = await withAttachments.findDocumentsById(['a'], false);
        if (first === undefined) throw new Error('no document');
        const document = { ...nextOf(first), _attachments: { scan: blob('second', 'd3') } };
        expect((await withAttachments.bulkWrite([{ previous: first, document }], 'test')).error).toEqual([]);
        expect(await (await withAttachments.getAttachmentData('a', 'scan', 'd3')).text()).toBe('second');
        await expect(async () => withAttachments.getAttachmentData('a', 'letter', 'd2')).rejects.toThrow(
          'does not exist',
        );
        const [second] = await withAttachments.findDocumentsById(['a'], false);
        if (second === undefined) throw new Error('no document');
        const deleted = { ...nextOf(second, { _deleted: true }), _attachments: {} };
        await withAttachments.bulkWrite([{ previous: second, document: deleted }], 'test');
        await expect(async () => withAttachments.getAttachmentData('a', 'scan', 'd3')).rejects.toThrow(
          'does not exist',
        );
      });
    });

    it('forgets everything when removed', async () => {
      await visits.bulkWrite([{ document: visit('a') }], 'test');
      await visits.remove();
      await expect(async () => visits.bulkWrite([{ document: visit('b') }], 'test')).rejects.toThrow();
      const again = await openVisits(tested.storage, databaseName);
      expect(await again.findDocumentsById(['a'], true)).toEqual([]);
    });

    it('closes twice', async () => {
      await visits.close();
      await visits.close();
    });
  });
}
