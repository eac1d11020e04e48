import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { type ReplicaUnderTest, replicaUnderTest } from './replica-under-test.ts';
import { recordId, uuid } from './sample-records.ts';
import { seededRandom } from './seeded-random.ts';

const rounds = 6;
const writeLoop = fileURLToPath(new URL('./write-loop.ts', import.meta.url));

let tested: ReplicaUnderTest | undefined;
afterEach(async () => tested?.remove());

/** Runs the write loop and kills it `waitMs` after its first write; gives the last number it called saved. */
async function writeUntilKilled(file: string, from: number, waitMs: number): Promise<number> {
  const child = spawn(process.execPath, [writeLoop, file, String(from)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<NodeJS.Signals | null>((resolve) =>
    child.on('exit', (_code, signal) => resolve(signal)),
  );
  let last = from - 1;
  let timer: NodeJS.Timeout | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'open') continue;
    timer ??= setTimeout(() => child.kill('SIGKILL'), waitMs);
    last = Number(line);
  }
  clearTimeout(timer);
  expect(await exited).toBe('SIGKILL');
  return last;
}

it('keeps every acknowledged action over kill -9 in the middle of writing', async () => {
  tested = replicaUnderTest();
  const random = seededRandom(5);
  let next = 0;
  for (let round = 0; round < rounds; round += 1) {
    const last = await writeUntilKilled(tested.file, next, random.below(250));
    expect(last).toBeGreaterThanOrEqual(next);
    const replica = await tested.open();
    const saved = replica.count('visits', {});
    // One action may have been durable without its acknowledgement having left the process.
    expect([last + 1, last + 2]).toContain(saved);
    expect(replica.count('patients', {})).toBe(saved);
    expect(replica.outbox.counts().pending).toBe(saved);
    expect(replica.verifyAudit()).toEqual({ entries: saved, firstBroken: null });
    for (let number = 0; number < saved; number += 1) {
      expect(replica.get('visits', recordId(number))?.id).toBe(uuid(number));
      expect(replica.searchPatients(`Family${number}`, 1)).toHaveLength(1);
    }
    await replica.close();
    next = saved;
  }
});
