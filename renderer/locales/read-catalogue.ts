/** Messages of a PO file by id; for tests, which see the files as they are kept. One line for each id and each text. */
export function readCatalogue(po: string): ReadonlyMap<string, string> {
  const pairs = po.matchAll(/^msgid "(.+)"\nmsgstr "(.*)"$/gm);
  return new Map(Array.from(pairs, ([, id = '', text = '']) => [id, text.replaceAll('\\"', '"')]));
}
