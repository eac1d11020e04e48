// The center of a training start, as a process of its own, so that it can be stopped and started like the real one.
import * as v from 'valibot';
import { type RunningCenter, startCenter } from '#center/start-center.ts';
import { dayAt } from '#clinic/clinic-day.ts';
import { generateDistrict } from '#testing/district/generate-district.ts';
import {
  CenterHearsSchema,
  type CenterOrder,
  CenterOrderSchema,
  type CenterSays,
} from './center-messages.ts';

/** Fixed, so that every newcomer meets the same people. */
const districtSeed = 20_261;
/** Two, so that the center's page shows more than one; the workstation belongs to the first. */
const facilities = 2;

let isClosing = false;

await run();

async function run(): Promise<void> {
  const order = v.parse(CenterOrderSchema, JSON.parse(process.argv[2] ?? ''));
  // Ctrl-C and the end of a terminal reach this process too; the start decides when it closes, and its own end is heard.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  try {
    const center = await startCenter({
      dataFolder: order.dataFolder,
      port: order.port,
      ...(order.postgresUrl === undefined ? {} : { postgresUrl: order.postgresUrl }),
      log: (line) => console.error(`${new Date().toISOString()} ${line}`),
    });
    if (!process.connected) return await closeAndEnd(center);
    listen(center);
    const seeded = (await center.isEmpty()) ? await seed(center, order) : 0;
    say({ type: 'ready', url: center.url, pageUrl: center.pageUrl, seeded });
  } catch (error) {
    console.error(error);
    say({ type: 'failed', reason: error instanceof Error ? error.message : 'unknown' });
    // Something that was opened may be left; the message has to be out before the end.
    process.exitCode = 1;
    setTimeout(() => process.exit(), 200);
  }
}

/** Facilities come first: records need theirs. Returns how many records were written. */
async function seed(center: RunningCenter, { patients }: CenterOrder): Promise<number> {
  const today = dayAt(Date.now());
  const options = { seed: districtSeed, patients, facilities, years: 2, today };
  const records = [...generateDistrict(options)];
  let written = 0;
  for (const { collection, record } of records) {
    if (collection !== 'reference') continue;
    await center.createFacility(record);
    written += 1;
  }
  return written + (await center.seed(records.filter(({ collection }) => collection !== 'reference')));
}

function listen(center: RunningCenter): void {
  process.on('message', (raw) => {
    const heard = v.parse(CenterHearsSchema, raw);
    if (heard.type === 'close') return void closeAndEnd(center);
    void center.createEnrolmentCode(heard.scope).then(({ code }) => say({ type: 'code', code }));
  });
  process.on('disconnect', () => void closeAndEnd(center));
  void center.lost.then(() => {
    if (isClosing) return;
    console.error('PostgreSQL ended by itself.');
    process.exitCode = 1;
    void closeAndEnd(center);
  });
}

async function closeAndEnd(center: RunningCenter): Promise<void> {
  isClosing = true;
  await center.close();
  process.exit();
}

function say(message: CenterSays): void {
  if (process.connected) process.send?.(message);
}
