import { cp, readdir, readFile, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { PersonId } from '#contracts/ids.ts';
import { layoutOf } from '#workstation/folder-layout.ts';
import { failure } from './access-bench.ts';
import { registration } from './bridge-bench.ts';
import { makePaperKey, type Rig } from './rig.ts';
import { rigsOfTest } from './rigs-of-test.ts';

// docs/specs/access.md ACC-36: files of another workstation, or of this one earlier, or cut short, beside these records.

type Enrolled = Rig & { readonly head: PersonId };
const { enrolled } = rigsOfTest();

/** A workstation with one patient, closed. */
async function closedWorkstation(): Promise<Enrolled> {
  const rig = await enrolled();
  const saved = await rig.screen().request('patients.register', registration('Malika'));
  if (!saved.ok) throw new Error(saved.error.code);
  await rig.workstation.close();
  return rig;
}
const fileOf = (rig: Rig, name: string) => join(layoutOf(rig.folder).current, name);
const patients = (rig: Rig) => rig.workstation.session()?.replica.count('patients', {});

async function opensAsBefore(rig: Enrolled): Promise<void> {
  expect(await rig.unlock(rig.head)).toMatchObject({ ok: true });
  expect(patients(rig)).toBe(1);
}

describe('slots.json', () => {
  test('of another workstation opens nothing here, and what was here opens with its own list again', async () => {
    const [own, other] = [await closedWorkstation(), await closedWorkstation()];
    const names = ['slots.json', 'slots.backup.json'];
    for (const name of names) {
      const kept = await readFile(fileOf(own, name)).catch(() => null);
      if (kept !== null) await writeFile(`${fileOf(own, name)}.kept`, kept);
      await cp(fileOf(other, name), fileOf(own, name)).catch(() => undefined);
    }
    await own.restart();
    expect(own.workstation.state().people.map(({ id }) => id)).toEqual([other.head]);
    expect(await own.unlock(other.head)).toMatchObject(failure('store.wrong-key'));
    expect((await own.unlock(own.head)).ok).toBe(false);
    expect(own.workstation.session()).toBeNull();
    await own.workstation.close();
    for (const name of names)
      await rename(`${fileOf(own, name)}.kept`, fileOf(own, name)).catch(() => undefined);
    await own.restart();
    await opensAsBefore(own);
  });

  test('put back from before a way in was taken away is refused, and says so', async () => {
    const rig = await closedWorkstation();
    await rig.restart();
    await rig.unlock(rig.head);
    const screen = rig.screen();
    const ended = await makePaperKey(screen);
    const before = await readFile(fileOf(rig, 'slots.json'));
    await makePaperKey(screen);
    await rig.workstation.close();
    const now = await readFile(fileOf(rig, 'slots.json'));
    await writeFile(fileOf(rig, 'slots.json'), before);
    await rig.restart();
    const byOldPaper = () =>
      rig.workstation.breakGlass({ method: 'paper', code: ended.join('-'), name: 'Umida', reason: 'x' });
    expect(await byOldPaper()).toMatchObject(failure('store.wrong-key'));
    expect(await rig.unlock(rig.head)).toMatchObject(failure('store.wrong-key'));
    await rig.workstation.close();
    await writeFile(fileOf(rig, 'slots.json'), now);
    await rig.restart();
    expect(await byOldPaper()).toMatchObject(failure('access.paper-key-wrong'));
    await opensAsBefore(rig);
  });

  test.each([0, 1, 100, -1])(
    'cut to %d bytes falls back to the version before, never to nothing',
    async (bytes) => {
      const rig = await closedWorkstation();
      await rig.restart();
      await rig.unlock(rig.head);
      await rig.addPerson(['nurse']);
      await rig.workstation.close();
      const path = fileOf(rig, 'slots.json');
      const { length } = await readFile(path);
      await truncate(path, bytes < 0 ? length + bytes : bytes);
      await rig.restart();
      await opensAsBefore(rig);
    },
  );
});

describe('attempts.json', () => {
  test('of another workstation, of nonsense or cut short keeps nobody out, and counting goes on', async () => {
    const [own, other] = [await closedWorkstation(), await closedWorkstation()];
    await other.restart();
    for (let count = 0; count < 3; count += 1) await other.unlock(other.head, 'not the right one');
    await other.workstation.close();
    const theirs = await readFile(fileOf(other, 'attempts.json'));
    for (const content of [
      theirs,
      theirs.subarray(0, theirs.length - 2),
      Buffer.from('[]'),
      Buffer.alloc(0),
    ]) {
      await writeFile(fileOf(own, 'attempts.json'), content);
      await own.restart();
      await opensAsBefore(own);
      await own.workstation.lock();
      const answers: string[] = [];
      for (let count = 0; count < 4; count += 1) {
        const answer = await own.unlock(own.head, 'not the right one');
        answers.push(answer.ok ? 'opened' : answer.error.code);
      }
      expect(answers).toContain('access.too-many-attempts');
      own.clock.set(own.clock.now() + 10 * 60_000);
      await opensAsBefore(own);
      await own.workstation.close();
    }
  });
});

describe('what a rotation leaves', () => {
  test.each(['rotating', 'rotated', 'replaced'] as const)(
    '%s/ of another workstation does not take the place of these records',
    async (name) => {
      const [own, other] = [await closedWorkstation(), await closedWorkstation()];
      await cp(layoutOf(other.folder).current, join(own.folder, name), { recursive: true });
      await own.restart();
      expect(own.workstation.state().people.map(({ id }) => id)).toEqual([own.head]);
      await opensAsBefore(own);
      expect(await readdir(own.folder)).not.toContain(name);
    },
  );
});
