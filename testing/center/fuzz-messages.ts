import * as v from 'valibot';
import { readMessage } from '#center/gateway/connection.ts';
import { createPacker } from '#sync/packing/packer.ts';
import {
  brokenBytes,
  brokenText,
  type fuzzDice,
  mutate,
  packedAnyhow,
} from '#testing/sync/wire-mutations.ts';
import { helloWith } from './fuzz-lines.ts';
import {
  aside,
  facilityA,
  facilityB,
  offered,
  offeredDelta,
  patientRow,
  renamed,
  rowFor,
  staffMember,
} from './test-records.ts';
import { newKey } from './wire-client.ts';

/** Dice of a run. */
export type Dice = ReturnType<typeof fuzzDice>;

const uuid = '0199b000-0000-7000-8000-000000000001';
/** A patient that is new to the center. */
export const row = patientRow(facilityA);
const edit = renamed(row, 'Boshqa');
const proof = { type: 'prove', device: uuid, ticket: '0'.repeat(64), signature: 'A'.repeat(86) };

const strangers: readonly unknown[] = [
  helloWith('zstd'),
  { type: 'hello', protocol: 1, program: 'x' },
  { type: 'enrol', code: 'AAAAA-AAAAA', publicKey: newKey().publicKey, label: 'x' },
  proof,
  { ...proof, signature: 'A'.repeat(88) },
  { type: 'wiped', device: uuid },
  { type: 'offer', batch: 1, rows: [offered(row)] },
];

const status = { backlog: 0, oldestPendingAt: null, quarantined: 0, openReviews: 0, clock: 1, healed: 0 };

/** Messages of a workstation that is welcomed, of which each is read. */
const served = (dice: Dice, flow: number): readonly unknown[] => [
  { type: 'offer', batch: dice.integer(0, 9), rows: [offered(row), offeredDelta(edit, row), aside(edit)] },
  { type: 'offer', batch: dice.integer(0, 9), rows: [offeredDelta(edit, row)] },
  {
    type: 'follow',
    flow,
    credit: dice.integer(0, 64),
    portionBytes: 4_096,
    scope: facilityA,
    lane: dice.integer(0, 3),
    since: dice.integer(0, 1e6),
  },
  { type: 'grant', flow: dice.integer(0, 40), credit: dice.integer(0, 64), portionBytes: 4_096 },
  { type: 'fetch', request: 1, scope: facilityA, records: [{ collection: 'patients', id: row.id }] },
  { type: 'digest', request: 2, scope: facilityA },
  { type: 'list', request: 3, scope: facilityA, bucket: dice.integer(0, 63) },
  { type: 'status', ...status },
];

/** What somebody sends who was not welcomed, and what is wrong with it. */
export function strangeMessage(dice: Dice): {
  readonly fault: string;
  readonly message: string | Uint8Array;
} {
  const message = dice.pick(strangers);
  if (dice.chance(0.1)) {
    const packed = createPacker('zstd', null).pack(JSON.stringify(message));
    return { fault: 'bytes', message: brokenBytes(packed, dice) };
  }
  const { fault, text } = brokenText(message, dice);
  return { fault, message: text };
}

/** A person of the facility's staff. */
export const nurse = rowFor('staff', staffMember(facilityA));

/** What a device that lost its right sends, all of it packed one behind the other, and how it is refused. */
export function messageOfRevoked(dice: Dice, ticket: string) {
  const packer = createPacker('zstd', null);
  const pack = (...all: readonly unknown[]) => all.map((each) => packer.pack(JSON.stringify(each)));
  const good = {
    type: 'offer',
    batch: 1,
    rows: [offered(patientRow(facilityA)), offeredDelta(edit, row), aside(edit)],
  };
  const revoked = 'sync.device-revoked';
  switch (dice.integer(0, 4)) {
    case 0:
      return { fault: 'offer', messages: pack(good), word: revoked };
    case 1: {
      const rows = good.rows.map((each) => mutate(each, dice) ?? null);
      return { fault: 'strange rows', messages: pack({ ...good, rows }), word: revoked };
    }
    case 2: {
      const key = { id: 'ab'.repeat(16), publicKey: `${'A'.repeat(43)}=`, since: 5 };
      const audit = { seq: dice.integer(1, 1e6), hash: '0'.repeat(64) };
      const told = { ...status, audit, staffKeys: [{ person: nurse.id, ...key }] };
      return { fault: 'status', messages: pack({ type: 'status', ...told }, good), word: revoked };
    }
    case 3:
      return { fault: 'ticket', messages: pack({ type: 'confirm-ticket', ticket }, good), word: revoked };
    default:
      return { fault: 'unreadable', messages: [unreadable(dice).bytes], word: 'sync.unknown-message' };
  }
}

/** A packed message that comes first on its line and is none of the protocol, and what is wrong with it. */
export function unreadable(dice: Dice): { readonly fault: string; readonly bytes: string | Uint8Array } {
  for (;;) {
    const message = dice.pick([...served(dice, 1), ...strangers]);
    if (dice.chance(0.02)) return { fault: 'text', bytes: JSON.stringify(message) };
    const isText = dice.chance(1 / 2);
    const broken = isText ? brokenText(message, dice) : undefined;
    const bytes =
      broken === undefined
        ? brokenBytes(createPacker('zstd', null).pack(JSON.stringify(message)), dice)
        : packedAnyhow(broken.text, 'zstd');
    // A flipped bit of padding means the same.
    if (readPacked(bytes) === undefined) return { fault: broken?.fault ?? 'bytes', bytes };
  }
}

function readPacked(bytes: Uint8Array) {
  try {
    return readMessage(createPacker('zstd', null).unpack(bytes));
  } catch {
    return undefined;
  }
}

const Offer = v.looseObject({ type: v.literal('offer'), rows: v.array(v.unknown()) });
export const isOffer = (message: unknown) => v.is(Offer, message);

/** Mostly of the right shape, because anything else ends the connection. */
export function odd(dice: Dice, flow: number): unknown {
  if (dice.chance(0.01)) return { type: 'digest', request: 1, scope: facilityB };
  if (dice.chance(0.01)) return { type: 'confirm-ticket', ticket: '0'.repeat(64) };
  const message = dice.pick([...served(dice, dice.chance(0.97) ? flow : 0)]);
  if (!v.is(Offer, message)) return message;
  return { ...message, rows: message.rows.map((each) => mutate(each, dice) ?? null) };
}
