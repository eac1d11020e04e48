import type { Database } from '@signalapp/sqlcipher';
import type { NameKey, SearchRules } from '#clinic/ports/search-rules.ts';
import type { RecordId } from '#contracts/ids.ts';
import type { PatientBody } from '#contracts/records/patients.ts';
import { readNames, textOf, writeNames } from './stored-keys.ts';

/** Makes the function that replaces what the index says of a patient, inside the caller's transaction. */
export function createIndexWriter(
  database: Database,
  rules: SearchRules,
): (id: RecordId, body: PatientBody) => void {
  const find = database.prepare('SELECT patient, names FROM patient_search WHERE id = ?', {
    persistent: true,
  });
  const insert = database.prepare(
    `INSERT INTO patient_search (names, birth, pinfl, pinfl_reversed, phone, phone_reversed, is_void, id)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    { persistent: true },
  );
  const update = database.prepare(
    `UPDATE patient_search SET names = ?, birth = ?, pinfl = ?, pinfl_reversed = ?, phone = ?, phone_reversed = ?,
     is_void = ? WHERE id = ?`,
    { persistent: true },
  );
  const words = createWordWriter(database);

  return (id, body) => {
    const keys = rules.describe(body);
    const names = writeNames(keys.names);
    const row = [
      names,
      keys.birth,
      keys.pinfl,
      reversed(keys.pinfl),
      keys.phone,
      reversed(keys.phone),
      keys.isVoid ? 1 : 0,
      id,
    ];
    const before = find.get([id]);
    if (before === undefined) {
      words.add(insert.run(row).lastInsertRowid, keys.names);
      return;
    }
    update.run(row);
    if (before.names === names) return;
    words.remove(Number(before.patient), readNames(textOf(before.names)));
    words.add(Number(before.patient), keys.names);
  };
}

/** Makes the function that takes a patient out of the index, inside the caller's transaction. */
export function createIndexRemover(database: Database): (id: RecordId) => void {
  const find = database.prepare('SELECT patient, names FROM patient_search WHERE id = ?', {
    persistent: true,
  });
  const remove = database.prepare('DELETE FROM patient_search WHERE patient = ?', { persistent: true });
  const words = createWordWriter(database);
  return (id) => {
    const present = find.get([id]);
    if (present === undefined) return;
    words.remove(Number(present.patient), readNames(textOf(present.names)));
    remove.run([Number(present.patient)]);
  };
}

function createWordWriter(database: Database) {
  const link = database.prepare('INSERT INTO patient_search_name (key, patient) VALUES (?, ?)', {
    persistent: true,
  });
  const count = database.prepare(
    `INSERT INTO patient_search_word (key, patients) VALUES (?, 1)
     ON CONFLICT (key) DO UPDATE SET patients = patients + 1`,
    { persistent: true },
  );
  const unlink = database.prepare('DELETE FROM patient_search_name WHERE patient = ?', { persistent: true });
  const discount = database.prepare('UPDATE patient_search_word SET patients = patients - 1 WHERE key = ?', {
    persistent: true,
  });
  const forget = database.prepare('DELETE FROM patient_search_word WHERE key = ? AND patients < 1', {
    persistent: true,
  });
  return {
    add(patient: number, names: readonly NameKey[]): void {
      for (const key of distinctKeys(names)) {
        link.run([key, patient]);
        count.run([key]);
      }
    },
    remove(patient: number, names: readonly NameKey[]): void {
      unlink.run([patient]);
      for (const key of distinctKeys(names)) {
        discount.run([key]);
        forget.run([key]);
      }
    },
  };
}

const distinctKeys = (names: readonly NameKey[]): ReadonlySet<string> =>
  new Set(names.map((name) => name.loose));

const reversed = (digits: string | null): string | null =>
  digits === null ? null : [...digits].reverse().join('');
