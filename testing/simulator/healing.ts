import * as v from 'valibot';
import { bigint } from '#center/postgres/database.ts';
import { LaneSchema } from '#contracts/records/record.ts';
import type { ClinicWorld } from './clinic-world.ts';
import type { SimulatedWorkstation } from './simulated-workstation.ts';

const minute = 60_000;
const hour = 60 * minute;
/** Rounds in which a machine that met a restored center has compared what it holds (DIG-2). */
const roundsToCompare = 6;
const HeadSchema = v.object({ scope: v.string(), head: bigint });
const lanes = v.parse(v.array(LaneSchema), [0, 1, 2, 3]);

/**
 * Ends every disturbance and lets time pass until nothing is left to exchange. Throws unless that is reached within a virtual
 * hour.
 */
export async function heal(world: ClinicWorld): Promise<void> {
  world.faults.end();
  world.trace.note('healing');
  await world.center.start();
  let restoresMet = countRestoresMet(world);
  let comparedBy = 0;
  for (const workstation of world.workstations) await recover(workstation);
  for (let round = 1; round <= hour / (2 * minute); round += 1) {
    await world.time.advance(2 * minute);
    // Positions without documents may wait for the next look, which comes every five minutes outside of this world (PULL-8).
    if (round % 5 === 0) for (const workstation of world.workstations) await lookAgain(workstation);
    // Whoever the center does not know any more shows it at a connection.
    for (const workstation of world.workstations) await world.enrolAgainIfRefused(workstation);
    if (countRestoresMet(world) > restoresMet) {
      restoresMet = countRestoresMet(world);
      comparedBy = round + roundsToCompare;
    }
    if ((await isQuiet(world)) && round >= comparedBy) return;
  }
  throw new Error(`not at rest within an hour: ${world.workstations.map(describe).join('; ')}`);
}

const countRestoresMet = (world: ClinicWorld): number =>
  world.workstations.reduce((total, { memory }) => total + memory.restoresMet, 0);

async function lookAgain(workstation: SimulatedWorkstation): Promise<void> {
  await workstation.start();
  workstation.client.syncNow();
}

async function recover(workstation: SimulatedWorkstation): Promise<void> {
  workstation.link.mend();
  // Version 1 keeps no promise about what it does not have: asides and digests.
  if (workstation.isOld) await workstation.stop();
  await workstation.start();
  workstation.setDiskFull(false);
  workstation.client.syncNow();
}

async function isQuiet(world: ClinicWorld): Promise<boolean> {
  // What waits for a courier that died is found by the next look; an hour holds sixty of them.
  if (world.scopes.length > 1) world.center.core.courier.hurry();
  const errands = await world.postgres.query('select scope from errand limit 1');
  if (errands.rows.length > 0) return false;
  const { rows } = await world.postgres.query('select scope, head from scope_head');
  const heads = new Map(v.parse(v.array(HeadSchema), rows).map(({ scope, head }) => [scope, head]));
  return world.workstations.every((workstation) => {
    if (!workstation.isUp) return false;
    const { scope } = workstation;
    const { outbox, sync } = workstation.replica;
    const { pending, aside } = outbox.counts();
    const head = heads.get(scope) ?? 0;
    return pending + aside === 0 && lanes.every((lane) => (sync.checkpoint(scope, lane)?.seq ?? 0) >= head);
  });
}

function describe(workstation: SimulatedWorkstation): string {
  if (!workstation.isUp) return `${workstation.name} is off`;
  const { link, refusal } = workstation.client.state();
  const { outbox, sync } = workstation.replica;
  const rows = outbox
    .pending(3)
    .map((row) => `${row.collection} ${row.op} on ${row.baseRev?.slice(0, 6) ?? 'nothing'}`);
  const checkpoints = lanes.map((lane) => sync.checkpoint(workstation.scope, lane)?.seq ?? 0).join(',');
  const { pending, aside } = outbox.counts();
  return `${workstation.name} ${link} ${refusal} pending ${pending} aside ${aside} (${rows.join(', ')}) at ${checkpoints}`;
}
