import * as v from 'valibot';
import type { AnyRecord } from '#contracts/records/registry.ts';
import { type RecordDelta, RecordDeltaSchema } from '#contracts/wire/client-messages.ts';
import { canonicalJson } from './canonical-json.ts';
import { isSame } from './json-equality.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Fields of a record that a difference never names: they are its key, computed, or spoken of field by field. */
const spokenOfElsewhere = ['id', 'rev', 'body'];

/**
 * What leads from `base` to `next`, two versions of one record (docs/specs/sync.md PUSH-14). `undefined` if a difference
 * cannot say it exactly (another id, list items that moved, names that no message carries) or is no shorter than `next`.
 */
export function makeDelta(base: AnyRecord, next: AnyRecord): RecordDelta | undefined {
  if (base.id !== next.id) return undefined;
  const outer = changedFields(withoutFields(base), withoutFields(next));
  const inner = changedFields({ ...base.body }, { ...next.body });
  const { set, items } = splitLists({ ...base.body }, inner.changed);
  const unset = [...outer.gone, ...inner.gone.map((name) => `body.${name}`)];
  const delta = {
    ...filled('envelope', outer.changed),
    ...filled('set', set),
    ...(unset.length === 0 ? {} : { unset }),
    ...filled('items', items),
  };
  return saysExactly(delta, base, next);
}

/**
 * The record that `delta` makes of `base`, without `rev`. Throws nothing whatever it is given: a base that is no record gives
 * `undefined`, and a difference that was made for another base a record that the revision check refuses.
 */
export function applyDelta(base: unknown, delta: RecordDelta): unknown {
  if (!isFields(base) || !isFields(base.body)) return undefined;
  const unset = new Set(delta.unset ?? []);
  const body = new Map(Object.entries(base.body).filter(([name]) => !unset.has(`body.${name}`)));
  for (const [name, value] of Object.entries(delta.set ?? {})) body.set(name, value);
  for (const [name, items] of Object.entries(delta.items ?? {})) {
    body.set(name, withItems(base.body[name], items));
  }
  const record = new Map(Object.entries(base).filter(([name]) => name !== 'rev' && !unset.has(name)));
  for (const [name, value] of Object.entries(delta.envelope ?? {})) {
    if (!spokenOfElsewhere.includes(name)) record.set(name, value);
  }
  record.set('id', base.id);
  record.set('body', Object.fromEntries(body));
  return Object.fromEntries(record);
}

/** The other side reads the difference with its schema, which drops some names: what counts is what it makes of it. */
function saysExactly(delta: unknown, base: AnyRecord, next: AnyRecord): RecordDelta | undefined {
  const parsed = v.safeParse(RecordDeltaSchema, delta);
  if (!parsed.success) return undefined;
  const { rev: _own, ...content } = next;
  const expected = canonicalJson(content);
  if (canonicalJson(applyDelta(base, parsed.output)) !== expected) return undefined;
  return JSON.stringify(parsed.output).length < expected.length ? parsed.output : undefined;
}

function withoutFields(record: AnyRecord): Fields {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !spokenOfElsewhere.includes(name)));
}

function changedFields(
  base: Fields,
  next: Fields,
): { readonly changed: Fields; readonly gone: readonly string[] } {
  const present = Object.entries(next).filter(([, value]) => value !== undefined);
  const names = new Set(present.map(([name]) => name));
  return {
    changed: Object.fromEntries(
      present.filter(([name, value]) => !(Object.hasOwn(base, name) && isSame(base[name], value))),
    ),
    gone: Object.keys(base).filter((name) => base[name] !== undefined && !names.has(name)),
  };
}

/** Tells lists that only gained or changed items from fields that are sent whole. */
function splitLists(base: Fields, changed: Fields): { readonly set: Fields; readonly items: Fields } {
  const set: [string, unknown][] = [];
  const items: [string, unknown][] = [];
  for (const [name, value] of Object.entries(changed)) {
    const differing = differingItems(Object.hasOwn(base, name) ? base[name] : undefined, value);
    if (differing === undefined) set.push([name, value]);
    else items.push([name, differing]);
  }
  return { set: Object.fromEntries(set), items: Object.fromEntries(items) };
}

/** Items of `next` that `base` lacks or holds differently; `undefined` if that does not lead from one to the other. */
function differingItems(base: unknown, next: unknown): readonly unknown[] | undefined {
  if (!Array.isArray(base) || !Array.isArray(next) || next.length < base.length) return undefined;
  if (![...base, ...next].every(hasId)) return undefined;
  return next.filter((item, index) => index >= base.length || !isSame(base[index], item));
}

function withItems(list: unknown, items: readonly unknown[]): readonly unknown[] {
  const result: unknown[] = Array.isArray(list) ? [...list] : [];
  const places = new Map(result.map((item, index) => [hasId(item) ? item.id : item, index]));
  for (const item of items) {
    const place = hasId(item) ? places.get(item.id) : undefined;
    if (place === undefined) result.push(item);
    else result[place] = item;
  }
  return result;
}

const filled = (name: string, fields: Fields): Fields =>
  Object.keys(fields).length === 0 ? {} : { [name]: fields };
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const hasId = (value: unknown): value is { readonly id: string } =>
  isFields(value) && typeof value.id === 'string';
