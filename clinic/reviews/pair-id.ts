import * as v from 'valibot';
import { type RecordId, RecordIdSchema } from '#contracts/ids.ts';

/**
 * One id for the question whether two patients are the same, whoever asks it and in whichever order (DUP-3): two
 * workstations that notice the pair at the same time write one record. A UUID of version 8 (RFC 9562), so that it never
 * meets one that was drawn. Not a secret and not a proof: 122 mixed bits keep different pairs apart.
 */
export function pairReviewId(one: RecordId, other: RecordId): RecordId {
  const pair = inOrder(one, other).join(' ');
  const hex = [0x9e3779b9, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f]
    .map((seed) => mixed(pair, seed).toString(16).padStart(8, '0'))
    .join('');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  const groups = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20),
  ];
  return v.parse(RecordIdSchema, groups.join('-'));
}

/** The pair as every workstation writes it: the older id first. */
export function inOrder(one: RecordId, other: RecordId): readonly [RecordId, RecordId] {
  return one < other ? [one, other] : [other, one];
}

/** 32 bits of a text: FNV-1a with the finalizer of MurmurHash3. */
function mixed(text: string, seed: number): number {
  let hash = seed;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
