// Many workstations without stores in one process: wire clients that save visits and follow their facility's feed.
import * as v from 'valibot';
import { createIdSource, newEntryId, newRecordId } from '#clinic/ids.ts';
import { lanes } from '#contracts/records/record.ts';
import { serveCalls } from './calls.ts';
import { type Edit, patientEdits, visitEdits } from './documents.ts';
import { type LoadClient, loadRandom, openLoadClient } from './load-client.ts';
import { createRowMaker, type RowMaker } from './offered-rows.ts';
import { newestDictionary } from './packing.ts';

interface Workstation {
  readonly client: LoadClient;
  readonly maker: RowMaker;
  readonly newId: () => string;
  readonly patients: readonly Edit[];
  saved: number;
  batch: number;
}

const ConnectSchema = v.object({ url: v.string(), codes: v.array(v.string()) });
const SaveSchema = v.object({ perSecond: v.number(), forMs: v.number() });
const patientsEach = 3;
const connectAtOnce = 8;
/** Verdicts that are later than this after the last save of a phase count as never. */
const graceMs = 5_000;

const people = patientEdits(200, 5);
const visits = visitEdits(500, 6);
const workstations: Workstation[] = [];
let lost = 0;

serveCalls({
  connect: async (value) => {
    const { url, codes } = v.parse(ConnectSchema, value);
    for (let first = 0; first < codes.length; first += connectAtOnce) {
      const opened = codes
        .slice(first, first + connectAtOnce)
        .map((code, index) => open(url, code, first + index));
      workstations.push(...(await Promise.all(opened)));
    }
    return workstations.length;
  },
  save: async (value) => {
    const { perSecond, forMs } = v.parse(SaveSchema, value);
    return await saveVisits(perSecond, forMs);
  },
  standing: async () => ({
    connected: workstations.length - lost,
    received: workstations.reduce((sum, { client }) => sum + client.received(), 0),
  }),
  close: async () => {
    for (const { client } of workstations) client.close();
    return null;
  },
});
process.once('disconnect', () => process.exit());

async function open(url: string, code: string, number: number): Promise<Workstation> {
  const client = await openLoadClient(url, code, newestDictionary(), true);
  void client.ended.then(() => {
    lost += 1;
  });
  const newId = createIdSource({ now: () => Date.now() }, loadRandom);
  const patients = Array.from({ length: patientsEach }, (_unused, index): Edit => {
    const template = at(people, number * patientsEach + index);
    return { ...template, id: newRecordId(newId), at: Date.now() };
  });
  const workstation = {
    client,
    newId,
    patients,
    saved: 0,
    batch: 0,
    maker: createRowMaker(client.scope, client.device),
  };
  await offer(workstation, patients);
  return workstation;
}

const at = <Item>(items: readonly Item[], index: number): Item => {
  const item = items[index % items.length];
  if (item === undefined) throw new Error('nothing to take from');
  return item;
};

async function offer(workstation: Workstation, edits: readonly Edit[]): Promise<void> {
  const { client, maker } = workstation;
  workstation.batch += 1;
  const rows = edits.map((edit) => maker.row(edit));
  const outcomes = await client.offer(
    workstation.batch,
    client.pack({ type: 'offer', batch: workstation.batch, rows }),
  );
  if (outcomes.some((outcome) => typeof outcome !== 'number')) {
    throw new Error(`not accepted: ${JSON.stringify(outcomes).slice(0, 300)}`);
  }
}

/** The visit, the patient changed by it, a correction of the visit, and the control visit planned. */
function fourEdits(workstation: Workstation): readonly Edit[] {
  const { newId, patients } = workstation;
  workstation.saved += 1;
  const now = Date.now();
  const template = at(visits, workstation.saved * 37 + patients.length);
  const patient = at(patients, workstation.saved);
  if (template.collection !== 'visits' || patient.collection !== 'patients') throw new Error('no visit');
  const id = newRecordId(newId);
  const same = { at: now, author: template.author } as const;
  const entries = template.body.entries.map((entry) => ({ ...entry, id: newEntryId(newId), at: now }));
  const body = { ...template.body, patientId: patient.id, entries };
  const note = {
    kind: 'note' as const,
    id: newEntryId(newId),
    at: now,
    by: template.author,
    text: 'Dori berildi',
  };
  const planned = {
    kind: 'state' as const,
    id: newEntryId(newId),
    at: now,
    by: template.author,
    state: 'planned' as const,
  };
  return [
    { ...same, collection: 'visits', id, body },
    { ...same, collection: 'patients', id: patient.id, body: { ...patient.body, phone: phoneOf(now) } },
    { ...same, collection: 'visits', id, body: { ...body, entries: [...entries, note] } },
    {
      ...same,
      collection: 'visits',
      id: newRecordId(newId),
      body: { ...body, reason: 'Nazorat', entries: [planned] },
    },
  ];
}

const phoneOf = (now: number) => `+99890${String(now % 10_000_000).padStart(7, '0')}`;

/** Saves at an even pace for so long, whoever's turn it is, without waiting for verdicts (an open loop). */
async function saveVisits(perSecond: number, forMs: number) {
  const times: number[] = [];
  const total = Math.round((perSecond * forMs) / 1_000);
  const begun = performance.now();
  const underWay: Promise<void>[] = [];
  let failures = 0;
  for (let count = 0; count < total; count += 1) {
    const due = begun + (count / perSecond) * 1_000;
    const wait = due - performance.now();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
    const workstation = at(workstations, Math.floor(count * 7.3) + count);
    const sent = performance.now();
    const saved = offer(workstation, fourEdits(workstation)).then(
      () => {
        times.push(performance.now() - sent);
      },
      () => {
        failures += 1;
      },
    );
    underWay.push(saved);
  }
  const pacedMs = performance.now() - begun;
  await Promise.race([Promise.all(underWay), new Promise((resolve) => setTimeout(resolve, graceMs))]);
  times.sort((left, right) => left - right);
  const quantile = (share: number) => times[Math.floor(times.length * share)] ?? null;
  return {
    total,
    answered: times.length,
    failures,
    pacedMs,
    p50: quantile(0.5),
    p95: quantile(0.95),
    lanes: lanes.length,
  };
}
