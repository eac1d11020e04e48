// The real center in a process of its own, and a workstation beside it, which do what their parent asks over the process channel.
// Argument: a folder.
import { mkdirSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { startCenter } from '#center/start-center.ts';
import { ScopeSchema } from '#contracts/ids.ts';
import { postmasterOf } from '#testing/center/center-process.ts';
import { facilityRecord } from '#testing/center/test-records.ts';
import { serveCalls } from './calls.ts';
import { deskCalls } from './desk-calls.ts';
import { memoryOfTree } from './process-memory.ts';

const [folder = ''] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
await chmod(folder, 0o755);
const complaints: string[] = [];
const center = await startCenter({
  dataFolder: join(folder, 'center'),
  log: (line) => complaints.push(line),
});

const neighbour = deskCalls(folder);
serveCalls({
  ...neighbour,
  address: async () => ({ url: center.url, postgresUrl: center.postgresUrl }),
  facility: async (scope) => {
    await center.createFacility(facilityRecord(v.parse(ScopeSchema, scope)));
    return null;
  },
  code: async (scope) => (await center.createEnrolmentCode(v.parse(ScopeSchema, scope))).code,
  codes: async (value) => {
    const { scope, count } = v.parse(v.object({ scope: ScopeSchema, count: v.number() }), value);
    const codes: string[] = [];
    for (let number = 0; number < count; number += 1)
      codes.push((await center.createEnrolmentCode(scope)).code);
    return codes;
  },
  /** Bytes: of this process, and of its PostgreSQL with all its processes. */
  memory: async () => ({
    center: process.memoryUsage().rss,
    postgres: memoryOfTree(postmasterOf(join(folder, 'center'))),
  }),
  complaints: async () => complaints,
  close: async () => {
    await neighbour['desk.close']?.(null);
    await center.close();
    return null;
  },
});
process.once('disconnect', () => void center.close().finally(() => process.exit()));
