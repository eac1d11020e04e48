import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Database } from '@signalapp/sqlcipher';
import { afterEach, describe, expect, it } from 'vitest';
import type { OpenReplica } from '#store/open-replica.ts';
import { filesBelow, findPlainText } from './plain-text-scanner.ts';
import { type ReplicaUnderTest, replicaUnderTest, testKey } from './replica-under-test.ts';
import { draftOf, patientRecord, visitRecord } from './sample-records.ts';
import { temporaryFolder } from './temporary-replica.ts';

const families = ['Mirzayorova', 'Toʻxtaboyeva', 'Йўлдошхўжаева', 'Qodirxonova'];
const secrets = [...families, 'bosh ogʻrigʻi secret-complaint', 'secret-setting'];

async function liveThroughADay(tested: ReplicaUnderTest): Promise<OpenReplica> {
  const replica = await tested.open();
  for (const [position, family] of families.entries()) {
    await replica.transact((transaction) => {
      const visit = visitRecord(position, { reason: `${family}: bosh ogʻrigʻi secret-complaint` });
      transaction.put('patients', patientRecord(100 + position, family));
      transaction.put('visits', visit);
      transaction.outbox.append(draftOf(200 + position, visit));
      transaction.sync.setShadow('visits', visit);
      transaction.settings.set('ticket', 'secret-setting');
      transaction.audit({
        at: 1,
        person: null,
        action: 'view',
        collection: null,
        record: null,
        reason: family,
      });
    });
  }
  return replica;
}

/** The same tables with the same content, as they would lie on disk without a key. */
function exportPlain(file: string, plain: string): void {
  const database = new Database(file);
  database.pragma(`key = "x'${Buffer.from(testKey).toString('hex')}'"`);
  database.exec(
    `ATTACH DATABASE '${plain}' AS plain KEY ''; SELECT sqlcipher_export('plain'); DETACH DATABASE plain`,
  );
  database.close();
}

describe('plain text on disk', () => {
  let tested: ReplicaUnderTest | undefined;
  afterEach(async () => tested?.remove());

  it('is in no file, while open and after closing', async () => {
    tested = replicaUnderTest();
    const replica = await liveThroughADay(tested);
    const whileOpen = temporaryFolder();
    cpSync(tested.folder, whileOpen.path, { recursive: true });
    const files = filesBelow(whileOpen.path).map((file) => file.slice(whileOpen.path.length + 1));
    expect(files).toEqual(expect.arrayContaining(['replica.db', 'replica.db-wal', 'replica.db-shm']));
    expect(findPlainText(whileOpen.path, secrets)).toEqual([]);
    whileOpen.remove();
    await replica.close();
    expect(findPlainText(tested.folder, secrets)).toEqual([]);
  });

  it('is found by the same search when encryption is off', async () => {
    tested = replicaUnderTest();
    const replica = await liveThroughADay(tested);
    await replica.close();
    const plain = join(tested.folder, 'plain.db');
    exportPlain(tested.file, plain);
    const found = findPlainText(tested.folder, secrets);
    expect(new Set(found.map(({ text }) => text))).toEqual(new Set(secrets));
    expect(new Set(found.map(({ file }) => file))).toEqual(new Set([plain]));
  });

  it.each([
    ['UTF-16LE', (text: string) => Buffer.from(text, 'utf16le')],
    ['UTF-16BE', (text: string) => Buffer.from(text, 'utf16le').swap16()],
    ['upper case', (text: string) => Buffer.from(text.toUpperCase())],
    ['lower case', (text: string) => Buffer.from(text.toLowerCase())],
    ['base64', (text: string) => Buffer.from(Buffer.from(`{"family":"${text}"}`).toString('base64'))],
    [
      'base64 shifted',
      (text: string) => Buffer.from(Buffer.from(`x{"family":"${text}"}`).toString('base64')),
    ],
    [
      'JSON escapes',
      (text: string) =>
        Buffer.from(
          text.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
        ),
    ],
  ])('is found in %s', async (_name, write) => {
    const folder = temporaryFolder();
    for (const [position, family] of families.entries()) {
      writeFileSync(
        join(folder.path, `${position}`),
        Buffer.concat([Buffer.from('noise'), write(family), Buffer.from('noise')]),
      );
    }
    expect(new Set(findPlainText(folder.path, families).map(({ text }) => text))).toEqual(new Set(families));
    folder.remove();
  });
});
