import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CenterMessage, CenterMessageSchema } from '#contracts/wire/center-messages.ts';
import { type ClientMessage, ClientMessageSchema } from '#contracts/wire/client-messages.ts';
import { oldestProtocolVersion, protocolVersion } from '#contracts/wire/protocol.ts';
import { type CenterWorld, startWorld } from '../center/center-world.ts';
import { facilityRecord } from '../center/test-records.ts';
import { enrol, type Identity, newKey, openWire, proofFor, type WireClient } from '../center/wire-client.ts';
import { facility } from './sync-world.ts';
import { CenterMessageOneSchema } from './wire-fixtures/version-1/center-messages.ts';

const folder = join(import.meta.dirname, 'wire-fixtures');
const LineSchema = v.variant('from', [
  v.object({ from: v.literal('workstation'), message: ClientMessageSchema }),
  v.object({ from: v.literal('center'), message: v.looseObject({ type: v.string() }) }),
]);
const RecordingSchema = v.object({
  recorded: v.string(),
  lines: v.pipe(v.array(LineSchema), v.minLength(3)),
});
type Line = v.InferOutput<typeof LineSchema>;

/** What a workstation of a version takes from a center. */
const schemas = { 1: CenterMessageOneSchema, 2: CenterMessageSchema, 3: CenterMessageSchema } as const;
/** What the center may say at any time. */
const unasked: ReadonlySet<string> = new Set(['hint', 'durable', 'portion']);

const recordingsOf = (version: number) =>
  readdirSync(join(folder, `version-${version}`))
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => {
      const text = readFileSync(join(folder, `version-${version}`, name), 'utf8');
      return [name, v.parse(RecordingSchema, JSON.parse(text)).lines] as const;
    });

const served = Array.from(
  { length: protocolVersion - oldestProtocolVersion + 1 },
  (_unused, index) => oldestProtocolVersion + index,
);

it('VER-3: every version that is served has recordings with every message it knows', () => {
  const sent = new Map(
    served.map((version) => [
      version,
      new Set(recordingsOf(version).flatMap(([, lines]) => lines.map(({ message }) => message.type))),
    ]),
  );
  const versionOne = ['hello', 'enrol', 'prove', 'confirm-ticket', 'push', 'pull', 'status', 'frame', 'hint'];
  for (const type of [...versionOne, 'challenge', 'enrolled', 'welcome', 'verdicts', 'durable', 'refused']) {
    expect(sent.get(1)).toContain(type);
  }
  const versionTwo = [
    'hello',
    'prove',
    'confirm-ticket',
    'offer',
    'follow',
    'grant',
    'fetch',
    'digest',
    'list',
  ];
  for (const type of [...versionTwo, 'status', 'outcomes', 'portion', 'fetched', 'digests', 'inventory']) {
    expect(sent.get(2)).toContain(type);
  }
  // What version 3 added are fields of these.
  for (const type of ['welcome', 'status', 'offer']) expect(sent.get(3)).toContain(type);
});

describe.each(served)('VER-3: conversations recorded with version %i', (version) => {
  let world: CenterWorld;
  const identities = new Map<string, Identity>();
  const schema = version === 1 ? schemas[1] : version === 2 ? schemas[2] : schemas[3];

  beforeAll(async () => {
    world = await startWorld();
    await world.center.createFacility(facilityRecord(facility));
  });
  afterAll(async () => {
    await world?.close();
  });

  it.each(recordingsOf(version))('%s is answered as it was', async (name, lines) => {
    const answers = await replay(name, lines);
    const expected = lines.flatMap((line) =>
      line.from === 'center' && !unasked.has(line.message.type) ? [line.message] : [],
    );
    expect(answers.map(({ type }) => type)).toEqual(expected.map(({ type }) => type));
    for (const [index, answer] of answers.entries()) expectSame(answer, expected[index]);
  });

  /** Sends what the workstation sent, each message after the answers to those before. */
  async function replay(name: string, lines: readonly Line[]): Promise<readonly CenterMessage[]> {
    const person = name.split('-')[1] ?? '';
    const wire = await openWire(world.center.url);
    const raw: unknown[] = [];
    wire.onMessage((message) => raw.push(message));
    const answers: CenterMessage[] = [];
    let nonce: Extract<CenterMessage, { type: 'challenge' }> | undefined;
    for (const [index, line] of lines.entries()) {
      if (line.from === 'center') {
        if (unasked.has(line.message.type)) continue;
        const answer = await nextAnswer(wire, line.message.type);
        if (answer.type === 'challenge') nonce = answer;
        if (answer.type === 'welcome') ticketOf(person).ticket = answer.ticket;
        answers.push(answer);
      } else await send(wire, line.message, person, nonce, lines[index - 1]);
    }
    await new Promise((resolve) => setTimeout(resolve, 150));
    await wire.close();
    for (const message of raw) expect(v.safeParse(schema, message).issues ?? []).toEqual([]);
    return answers;
  }

  /** What belongs to a machine is today's: keys, codes, tickets. Everything else goes out as it was recorded. */
  async function send(
    wire: WireClient,
    message: ClientMessage,
    person: string,
    challenge: Extract<CenterMessage, { type: 'challenge' }> | undefined,
    before: Line | undefined,
  ): Promise<void> {
    if (message.type === 'enrol') {
      const { key, publicKey } = newKey();
      const { code } = await world.center.createEnrolmentCode(facility);
      wire.send({ ...message, code, publicKey });
      const { device, scope, ticket } = await peek(wire, 'enrolled');
      identities.set(person, { key, device, scope, ticket });
    } else if (message.type === 'prove') {
      if (challenge === undefined) throw new Error(`no challenge before ${before?.message.type}`);
      const identity = identities.get(person) ?? (await newIdentity(person));
      const shown = message.ticket === 'f'.repeat(64) ? { ...identity, ticket: message.ticket } : identity;
      wire.send(proofFor(shown, challenge));
    } else if (message.type === 'confirm-ticket') {
      wire.send({ ...message, ticket: ticketOf(person).ticket });
    } else wire.send(message);
  }

  async function newIdentity(person: string): Promise<Identity> {
    const identity = await enrol(world.center.url, (await world.center.createEnrolmentCode(facility)).code);
    identities.set(person, identity);
    return identity;
  }

  function ticketOf(person: string): Identity {
    const identity = identities.get(person);
    if (identity === undefined) throw new Error(`${person} was never enrolled`);
    return identity;
  }
});

async function nextAnswer(wire: WireClient, expected: string): Promise<CenterMessage> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const answer = wire.waiting.find(({ type }) => !unasked.has(type));
    if (answer !== undefined) return await wire.next(answer.type);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`no ${expected}`);
}

async function peek<Type extends CenterMessage['type']>(wire: WireClient, type: Type) {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const found = wire.waiting.find(
      (message): message is Extract<CenterMessage, { type: Type }> => message.type === type,
    );
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`no ${type}`);
}

/** Positions and documents may fall differently; what became of each row may not, except that nothing is locked now. */
function expectSame(answer: CenterMessage, recorded: unknown): void {
  if (answer.type === 'verdicts') {
    expect(JSON.parse(JSON.stringify(answer.verdicts.map(kindOfVerdict)))).toMatchObject(
      v.parse(VerdictsSchema, recorded).verdicts.map(kindOfVerdict),
    );
  } else if (answer.type === 'outcomes') {
    const { outcomes } = v.parse(OutcomesSchema, recorded);
    expect(answer.outcomes.map(kindOfOutcome)).toEqual(outcomes.map(kindUnlocked));
  } else if (answer.type === 'frame') {
    expect(recorded).toMatchObject({ scope: answer.scope, lane: answer.lane, since: answer.since });
  } else if (answer.type === 'welcome') expect(v.parse(WithHeadSchema, recorded).audit).toEqual(answer.audit);
  else if (answer.type === 'refused') expect(recorded).toMatchObject({ code: answer.code });
}

/** The head of the audit trail that the center keeps; none for versions that do not know it. */
const WithHeadSchema = v.object({ audit: v.optional(v.unknown()) });

const VerdictsSchema = v.object({ verdicts: v.array(v.looseObject({ verdict: v.string() })) });
const OutcomesSchema = v.object({ outcomes: v.array(v.unknown()) });

function kindOfVerdict(verdict: Readonly<Record<string, unknown>>) {
  const { at: _at, seq: _seq, ...rest } = verdict;
  return rest.verdict === 'retry' ? { op: rest.op } : rest;
}

const kindOfOutcome = (outcome: unknown) => (typeof outcome === 'number' ? 'ok' : outcome);

const RetrySchema = v.object({ verdict: v.literal('retry') });
const kindUnlocked = (recorded: unknown) => (v.is(RetrySchema, recorded) ? 'ok' : kindOfOutcome(recorded));
