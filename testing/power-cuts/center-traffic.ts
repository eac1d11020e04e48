import type { DeviceId } from '#contracts/ids.ts';
import type { Outcome } from '#contracts/wire/center-messages.ts';
import { canonicalJson } from '#sync/merge/canonical-json.ts';
import { newRequest, referral } from '../center/sharing-world.ts';
import {
  aside,
  facilityA,
  facilityB,
  offered,
  offeredDelta,
  patient,
  patientRow,
  renamed,
  rowFor,
  type TestRow,
} from '../center/test-records.ts';
import { enrol } from '../center/wire-client.ts';
import { connectTwo } from '../center/wire-client-two.ts';

/** One row of an offer, and where the center is to keep it. */
export interface SentRow {
  readonly kind: 'applied' | 'aside' | 'quarantined';
  readonly row: TestRow;
  readonly sent: unknown;
  /** The record as the center is to store it. */
  readonly text: string;
}

/** One offer of a workstation and how it was answered. */
export interface SentOffer {
  readonly device: DeviceId;
  readonly rows: readonly SentRow[];
  readonly answers: readonly Outcome[];
}

/** Everything that was offered, in the order of sending. */
export interface Traffic {
  readonly offers: readonly SentOffer[];
}

/** What had been answered before a cut. */
export interface Acknowledged {
  readonly devices: ReadonlySet<string>;
  /** Numbers of offers: their places in the traffic. */
  readonly offers: ReadonlySet<number>;
}

/** Reads the marks of a trace: a number for an offer, else the id of a workstation that was enrolled. */
export function acknowledgedBy(marks: readonly string[]): Acknowledged {
  const isNumber = (mark: string) => /^\d+$/.test(mark);
  return {
    devices: new Set(marks.filter((mark) => !isNumber(mark))),
    offers: new Set(marks.filter(isNumber).map(Number)),
  };
}

/** The patient of a request to the other facility, or undefined. */
export function sharedPatient({ row }: SentRow): string | undefined {
  const { body } = row.record;
  return 'matter' in body && 'patientId' in body.matter ? body.matter.patientId : undefined;
}

/** What the traffic needs of the run. */
export interface TrafficParts {
  readonly url: string;
  /** One for each workstation. */
  readonly codes: readonly string[];
  readonly rounds: number;
  /** Called as soon as an offer or an enrolment was answered (see {@link acknowledgedBy}). */
  readonly mark: (text: string) => void;
  /** Called between offers of one workstation while the others go on. */
  readonly betweenRounds: (round: number) => Promise<void>;
}

/** Several workstations of one facility offer in version 2 at once, each its own records. */
export async function offerForAWhile(parts: TrafficParts): Promise<Traffic> {
  const slots: (SentOffer | undefined)[] = [];
  const work = async (code: string, index: number) => {
    const identity = await enrol(parts.url, code);
    parts.mark(identity.device);
    const client = await connectTwo(parts.url, identity);
    let earlier: readonly TestRow[] = [];
    for (let round = 0; round < parts.rounds; round += 1) {
      const fresh = Array.from({ length: 3 }, () => patientRow(facilityA));
      const rows = rowsOfRound(round, fresh, earlier);
      const number = slots.push(undefined) - 1;
      const answers = await client.offer(rows.map(({ sent }) => sent));
      parts.mark(String(number));
      slots[number] = { device: identity.device, rows, answers };
      earlier = fresh;
      if (index === 0) await parts.betweenRounds(round);
    }
  };
  await Promise.all(parts.codes.map(work));
  return { offers: slots.filter((offer) => offer !== undefined) };
}

/** New patients, differences to those of the round before, asides, now and then a row for the quarantine and a referral. */
function rowsOfRound(
  round: number,
  fresh: readonly TestRow[],
  [first, second, third]: readonly TestRow[],
): readonly SentRow[] {
  const rows = fresh.map((row) => sentRow('applied', row, offered(row)));
  if (first !== undefined) {
    const edit = renamed(first, 'Nazarova');
    rows.push(sentRow('applied', edit, offeredDelta(edit, first)));
    const again = renamed(edit, 'Nazarova-Aliyeva');
    if (round % 2 === 0) rows.push(sentRow('applied', again, offeredDelta(again, edit)));
  }
  if (second !== undefined) {
    const replaced = rowFor('patients', patient(facilityA, 'Eski', second.id));
    rows.push(sentRow('aside', replaced, aside(replaced)));
  }
  if (round % 3 === 1) {
    const wrong = patientRow(facilityA);
    rows.push(sentRow('quarantined', wrong, { ...offered(wrong), check: '00000000' }));
  }
  if (round % 4 === 2 && third !== undefined) {
    const { device } = third.record;
    const request = newRequest({ scope: facilityA, device }, referral(third.id, facilityB));
    rows.push(sentRow('applied', request, offered(request)));
  }
  return rows;
}

const sentRow = (kind: SentRow['kind'], row: TestRow, sent: unknown): SentRow => ({
  kind,
  row,
  sent,
  text: canonicalJson(row.record),
});
