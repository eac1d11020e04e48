// The real center in a process of its own, and a workstation beside it, which do what their parent asks over the process channel.
// Argument: a folder.
import { mkdirSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { startCenter } from '#center/start-center.ts';
import { ScopeSchema } from '#contracts/ids.ts';
import { facilityRecord } from '#testing/center/test-records.ts';
import { serveCalls } from './calls.ts';
import { deskCalls } from './desk-calls.ts';

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
  memory: async () => ({ ...process.memoryUsage(), cpu: process.cpuUsage() }),
  complaints: async () => complaints,
  close: async () => {
    await neighbour['desk.close']?.(null);
    await center.close();
    return null;
  },
});
process.once('disconnect', () => void center.close().finally(() => process.exit()));
