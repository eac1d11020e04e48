import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import { findWrongDigests } from '#center/feed/digests.ts';
import { createIngest, type Ingest } from '#center/ingest/push-batch.ts';
import { bigint, type Database, openDatabase } from '#center/postgres/database.ts';
import { startSharing } from '#center/sharing/sharing.ts';
import { systemEffects } from '#center/system-effects.ts';
import { facilityA, facilityB } from '../center/test-records.ts';
import {
  type Acknowledged,
  type SentOffer,
  type SentRow,
  sharedPatient,
  type Traffic,
} from './center-traffic.ts';

const quiet = () => undefined;
/** Later than the run, so that no errand is still claimed by the center that was cut. */
const laterMs = 10 * 60_000;
const effects = systemEffects(quiet);
const laterEffects = { ...effects, clock: { now: () => effects.clock.now() + laterMs } };
const center = '0199c000-0000-7000-8000-00000000cccc';

const PositionSchema = v.object({ op: v.string(), seq: bigint, rev: v.string() });
const VersionSchema = v.object({ rev: v.string(), body: v.string() });
const QuarantinedSchema = v.object({ op: v.string(), content: v.string() });
const HeadSchema = v.object({
  scope: v.string(),
  head: bigint,
  entries: bigint,
  first: bigint,
  last: bigint,
});
const MissingSchema = v.object({ patient: v.string() });

const headsText = `
select h.scope, h.head, count(f.seq) as entries, coalesce(min(f.seq), 1) as first, coalesce(max(f.seq), 0) as last
from scope_head h left join feed f on f.scope = h.scope group by h.scope, h.head order by h.scope`;
const missingText = `
select p.id as patient from unnest($1::uuid[]) as p (id) left join doc here on here.scope = $2 and here.id = p.id
left join doc there on there.scope = $3 and there.id = p.id where here.rev is null or there.rev is distinct from here.rev`;

/** What a recovered center holds of the facility that wrote. */
interface Held {
  readonly positionByOperation: ReadonlyMap<string, { readonly seq: number; readonly rev: string }>;
  /** Newest versions. */
  readonly newest: ReadonlyMap<string, string>;
  /** Replaced versions and asides. */
  readonly history: ReadonlyMap<string, string>;
  readonly quarantine: ReadonlyMap<string, string>;
  readonly heads: readonly v.InferOutput<typeof HeadSchema>[];
}

const readHeads = (database: Database): Promise<Held['heads']> =>
  database.rows({ name: '', text: headsText }, HeadSchema, []);

async function readHeld(database: Database): Promise<Held> {
  const ask = <Row>(text: string, schema: v.GenericSchema<unknown, Row>) =>
    database.rows({ name: '', text }, schema, [facilityA]);
  const [fed, newest, history, quarantine, heads] = await Promise.all([
    ask('select op::text, seq, rev from feed where scope = $1 and op is not null', PositionSchema),
    ask('select rev, body from doc where scope = $1', VersionSchema),
    ask('select rev, body from doc_history where scope = $1', VersionSchema),
    ask('select op::text, content from quarantine where scope = $1', QuarantinedSchema),
    readHeads(database),
  ]);
  return {
    positionByOperation: new Map(fed.map(({ op, seq, rev }) => [op, { seq, rev }])),
    newest: new Map(newest.map(({ rev, body }) => [rev, body])),
    history: new Map(history.map(({ rev, body }) => [rev, body])),
    quarantine: new Map(quarantine.map(({ op, content }) => [op, content])),
    heads,
  };
}

/** Which places know of a row; all or none have to. */
function placesOf(held: Held, { kind, row, sent, text }: SentRow): readonly boolean[] {
  if (kind === 'quarantined') {
    const content = held.quarantine.get(row.op);
    return [
      content !== undefined && isDeepStrictEqual(JSON.parse(content), JSON.parse(JSON.stringify(sent))),
    ];
  }
  const body = (kind === 'aside' ? undefined : held.newest.get(row.rev)) ?? held.history.get(row.rev);
  return [held.positionByOperation.get(row.op)?.rev === row.rev, body === text];
}

/** What is wrong with the tables as they were recovered, in words. */
function complaintsAboutTables(held: Held, traffic: Traffic, acknowledged: Acknowledged): readonly string[] {
  const aboutRows = traffic.offers.flatMap(({ rows, answers }, number) =>
    rows.flatMap((sent, index) => {
      const { op } = sent.row;
      const places = placesOf(held, sent);
      if (places.some((isThere) => isThere !== places[0]))
        return [`${sent.kind} ${op} is there by half: ${places}`];
      if (!acknowledged.offers.has(number)) return [];
      if (places[0] === false) return [`${sent.kind} ${op} was answered and is lost`];
      const seq = held.positionByOperation.get(op)?.seq;
      return sent.kind === 'quarantined' || seq === answers[index]
        ? []
        : [`${op} is at ${seq}, not ${answers[index]}`];
    }),
  );
  return [...aboutRows, ...complaintsAboutHeads(held.heads)];
}

/** Positions are counted without gaps (FEE-1). */
const complaintsAboutHeads = (heads: Held['heads']): readonly string[] =>
  heads
    .filter(({ head, entries, first, last }) => first !== 1 || last !== head || entries !== head)
    .map((head) => `positions are not without gaps: ${JSON.stringify(head)}`);

async function complaintsAboutDigests(database: Database): Promise<readonly string[]> {
  const wrong = await findWrongDigests(database);
  return wrong.length === 0 ? [] : [`wrong digests: ${JSON.stringify(wrong.slice(0, 5))}`];
}

async function answersTo(ingest: Ingest, { device, rows }: SentOffer): Promise<readonly unknown[]> {
  const outcome = await ingest.offer(
    device,
    facilityA,
    rows.map(({ sent }) => sent),
  );
  return outcome.kind === 'answered' ? outcome.outcomes : [outcome.code];
}

/** Offers what was answered before the cut again, all of a workstation at once: the same answers, and nothing is applied. */
async function complaintsAboutRepeating(database: Database, offers: readonly SentOffer[], before: Held) {
  const ingest = createIngest(database, effects);
  const complaints: string[] = [];
  for (const device of new Set(offers.map((offer) => offer.device))) {
    const own = offers.filter((offer) => offer.device === device);
    const [rows, answers] = [own.flatMap((offer) => offer.rows), own.flatMap((offer) => offer.answers)];
    const again = await answersTo(ingest, { device, rows, answers });
    if (!isDeepStrictEqual(again, answers))
      complaints.push(`answered ${JSON.stringify(answers)}, and again ${JSON.stringify(again)}`);
  }
  const heads = await readHeads(database);
  if (!isDeepStrictEqual(heads, before.heads)) complaints.push('offering again moved a head');
  return complaints;
}

/** What was under way is offered until it is answered, and the courier does what was noted. */
async function complaintsAboutGoingOn(database: Database, traffic: Traffic, acknowledged: Acknowledged) {
  const sharing = startSharing({ database, effects: laterEffects, center, announce: quiet });
  const ingest = createIngest(database, laterEffects, sharing.hooks);
  const complaints: string[] = [];
  const underWay = firstUnanswered(traffic, acknowledged);
  for (const offer of underWay) {
    const first = await answersTo(ingest, offer);
    const isTaken = first.every((answer, index) =>
      offer.rows[index]?.kind === 'quarantined'
        ? isDeepStrictEqual(answer, offer.answers[index])
        : typeof answer === 'number',
    );
    const again = await answersTo(ingest, offer);
    if (!isTaken || !isDeepStrictEqual(first, again))
      complaints.push(`not taken once: ${JSON.stringify(first)}, then ${JSON.stringify(again)}`);
  }
  await sharing.courier.idle();
  await sharing.courier.close();
  const heads = await readHeads(database);
  const answered = new Set([
    ...acknowledged.offers,
    ...underWay.map((offer) => traffic.offers.indexOf(offer)),
  ]);
  const patients = [...answered].flatMap(
    (number) => traffic.offers[number]?.rows.flatMap((row) => sharedPatient(row) ?? []) ?? [],
  );
  const missing = await database.rows({ name: '', text: missingText }, MissingSchema, [
    patients,
    facilityA,
    facilityB,
  ]);
  complaints.push(...missing.map(({ patient }) => `${patient} did not come to the facility that was asked`));
  return [...complaints, ...complaintsAboutHeads(heads), ...(await complaintsAboutDigests(database))];
}

/** Of each workstation that is enrolled for certain the offer that may have been under way. */
function firstUnanswered({ offers }: Traffic, acknowledged: Acknowledged): readonly SentOffer[] {
  const firstByDevice = new Map<string, SentOffer>();
  for (const [number, offer] of offers.entries()) {
    const { device } = offer;
    const mayBeUnderWay = acknowledged.devices.has(device) && !acknowledged.offers.has(number);
    if (mayBeUnderWay && !firstByDevice.has(device)) firstByDevice.set(device, offer);
  }
  return [...firstByDevice.values()];
}

/** What is wrong with the recovered center at `url`, in words. `acknowledged`: what was answered before the cut. */
export async function complaintsAboutCenter(
  url: string,
  traffic: Traffic,
  acknowledged: Acknowledged,
): Promise<readonly string[]> {
  const database = openDatabase(url, quiet, 3);
  try {
    const held = await readHeld(database);
    const first = [
      ...complaintsAboutTables(held, traffic, acknowledged),
      ...(await complaintsAboutDigests(database)),
    ];
    const answered = traffic.offers.filter((_offer, number) => acknowledged.offers.has(number));
    return [
      ...first,
      ...(await complaintsAboutRepeating(database, answered, held)),
      ...(await complaintsAboutGoingOn(database, traffic, acknowledged)),
    ];
  } finally {
    await database.close();
  }
}
