import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { recordSchemas } from '#contracts/records/registry.ts';
import { CenterMessageSchema } from '#contracts/wire/center-messages.ts';
import { ClientMessageSchema } from '#contracts/wire/client-messages.ts';
import { maxMessageBytes, proofPreamble, protocolVersion } from '#contracts/wire/protocol.ts';
import { canonicalJson } from './merge/canonical-json.ts';

/**
 * The structure of everything that travels, by protocol version (docs/specs/sync.md VER-1). When this test fails because a
 * schema changed: raise `protocolVersion`, and add the new version with the hash the failure shows. Never change a line
 * that was released.
 */
const hashByVersion: Readonly<Record<number, string>> = {
  1: 'f0246264c950f6d8839de3723073e3af',
  2: '3cdf328f78412da44fd71b94f2daa8de',
  3: '3e6db24feec7d2e48eeaba807d83a49e',
};

const wire = { ...recordSchemas, toCenter: ClientMessageSchema, toClient: CenterMessageSchema };

/** What a schema says, without what it does: kinds, types, members, options, bounds, patterns. */
function structureOf(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(structureOf);
  if (schema instanceof RegExp) return `regex ${schema.source} ${schema.flags}`;
  if (typeof schema === 'function') return 'function';
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key, value]) => !omitted.has(key) && value !== undefined)
      .map(([key, value]) => [key, structureOf(value)]),
  );
}

/** Messages are for people; the rest is machinery of the library. `pipe` already repeats its schema as first member. */
const omitted = new Set(['message', 'expects', '~standard', '~run', 'async', 'reference']);

const hashOf = (schemas: unknown): string =>
  createHash('sha256')
    .update(canonicalJson(structureOf(schemas)))
    .digest('hex')
    .slice(0, 32);

describe('the protocol version', () => {
  it('is raised whenever the shape of a message or a record changes', () => {
    expect({ version: protocolVersion, hash: hashOf({ wire, maxMessageBytes, proofPreamble }) }).toEqual({
      version: protocolVersion,
      hash: hashByVersion[protocolVersion],
    });
  });

  it.each([
    ['a member', v.object({ a: v.string(), b: v.optional(v.string()) })],
    ['optional', v.object({ a: v.optional(v.string()) })],
    ['a bound', v.object({ a: v.pipe(v.string(), v.maxLength(3)) })],
    ['another bound', v.object({ a: v.pipe(v.string(), v.maxLength(4)) })],
    ['a pattern', v.object({ a: v.pipe(v.string(), v.regex(/^a$/)) })],
    ['a literal', v.object({ a: v.literal('a') })],
    ['an option', v.object({ a: v.picklist(['a', 'b']) })],
    ['another option', v.object({ a: v.picklist(['a', 'c']) })],
    ['a variant', v.variant('a', [v.object({ a: v.literal('a') })])],
    ['a list', v.object({ a: v.array(v.string()) })],
  ])('notices %s', (_what, changed) => {
    expect(hashOf(changed)).not.toBe(hashOf(v.object({ a: v.string() })));
  });

  it('does not notice messages and the order of members', () => {
    const one = v.object({ a: v.pipe(v.string(), v.maxLength(3, 'too long')), b: v.number() });
    const same = v.object({ b: v.number(), a: v.pipe(v.string(), v.maxLength(3, 'zu lang')) });
    expect(hashOf(one)).toBe(hashOf(same));
  });

  it('sees into everything: no two changes of the list look alike', () => {
    const seen = [3, 4, 5].map((max) => hashOf(v.object({ a: v.pipe(v.string(), v.maxLength(max)) })));
    expect(new Set(seen).size).toBe(3);
  });
});
