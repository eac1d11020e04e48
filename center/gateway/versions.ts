import { type CollectionName, collectionNames } from '#contracts/records/registry.ts';

const sinceVersionTwo: ReadonlySet<CollectionName> = new Set(['requests']);

/** Collections that a protocol version has (docs/specs/sync.md VER-4). */
export const collectionsOf = (protocol: number): readonly CollectionName[] =>
  protocol >= 2 ? collectionNames : collectionNames.filter((name) => !sinceVersionTwo.has(name));
