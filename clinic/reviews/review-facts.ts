import * as v from 'valibot';
import type { ReviewRow } from '#contracts/bridge/views.ts';
import { type PersonId, PersonIdSchema, RecordIdSchema } from '#contracts/ids.ts';
import { MahallaCodeSchema } from '#contracts/records/patients.ts';
import type { ConflictingField, ReviewBody } from '#contracts/records/reviews.ts';
import type { VisitBody } from '#contracts/records/visits.ts';
import type { ReplicaReader } from '../ports/replica.ts';
import { deriveVisit } from '../visit-state.ts';

type Values = readonly (string | null)[];

const ItemsSchema = v.array(v.looseObject({ id: v.string() }));
const AddressSchema = v.object({ mahalla: MahallaCodeSchema });
const AuthoredSchema = v.object({ by: PersonIdSchema });

/** The subject as it is now: its revision, and each field of the conflict as JSON. Null if it is not here. */
export function presentOf(
  reader: Pick<ReplicaReader, 'get'>,
  { collection, id }: ReviewBody['subject'],
  fields: readonly ConflictingField[],
): ReviewRow['present'] {
  if (collection === 'visits') {
    const visit = reader.get('visits', id);
    if (visit === undefined) return null;
    return { rev: visit.rev, values: fields.map((field) => visitValue(visit.body, field)) };
  }
  const record = reader.get(collection, id);
  if (record === undefined) return null;
  return { rev: record.rev, values: fields.map((field) => textOf(memberOf(record.body, field))) };
}

/** Of an entry what is shown of it in the visit: its last correction that counts, null if it is void. */
function visitValue(body: VisitBody, field: ConflictingField): string | null {
  if (field.field !== 'entries' || field.itemId === undefined) return textOf(memberOf(body, field));
  const theirs = v.safeParse(v.looseObject({ id: v.string() }), jsonOf(field.theirs));
  const ids: readonly string[] = [field.itemId, ...(theirs.success ? [theirs.output.id] : [])];
  const shown = deriveVisit(body).entries.findLast(
    (entry) => ids.includes(entry.id) || (entry.amends !== undefined && ids.includes(entry.amends)),
  );
  return textOf(shown);
}

function memberOf(body: object, { field, itemId }: ConflictingField): unknown {
  const value = Object.entries(body).find(([name]) => name === field)?.[1];
  if (itemId === undefined) return value;
  const items = v.safeParse(ItemsSchema, value);
  return items.success ? items.output.find((item) => item.id === itemId) : undefined;
}

const textOf = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));

const valuesOf = (fields: readonly ConflictingField[], present: Values): readonly unknown[] =>
  [...fields.flatMap((field) => [field.base, field.mine, field.theirs]), ...present].map((text) =>
    jsonOf(text ?? undefined),
  );

function jsonOf(text: string | undefined): unknown {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson()), text);
  return parsed.success ? parsed.output : undefined;
}

/** Names of the mahallas that stand in a conflict, by code. */
export function mahallasIn(
  fields: readonly ConflictingField[],
  present: Values,
  mahallaName: (code: string) => string | null,
): Record<string, string> {
  const names: Record<string, string> = {};
  for (const value of valuesOf(fields, present)) {
    const address = v.safeParse(AddressSchema, value);
    const name = address.success ? mahallaName(address.output.mahalla) : null;
    if (address.success && name !== null) names[address.output.mahalla] = name;
  }
  return names;
}

const LinkSchema = v.object({ other: RecordIdSchema });

/** Names of the patients whom links in a conflict lead to, by id; those that are here. */
export function linkedNamesIn(
  reader: Pick<ReplicaReader, 'get'>,
  fields: readonly ConflictingField[],
  present: Values,
): Record<string, string> {
  const names: Record<string, string> = {};
  for (const value of valuesOf(fields, present)) {
    const link = v.safeParse(LinkSchema, value);
    const name = link.success ? reader.get('patients', link.output.other)?.body.name : undefined;
    if (link.success && name !== undefined) {
      names[link.output.other] = [name.family, name.given, name.patronymic].filter(Boolean).join(' ');
    }
  }
  return names;
}

/** Everybody who wrote one of the values, or decided. */
export function peopleIn({ question, decisions }: ReviewBody, present: Values): readonly PersonId[] {
  const people = new Set(decisions.map(({ by }) => by));
  if (question.kind === 'conflict') {
    for (const value of valuesOf(question.fields, present)) {
      const authored = v.safeParse(AuthoredSchema, value);
      if (authored.success) people.add(authored.output.by);
    }
  }
  return [...people];
}
