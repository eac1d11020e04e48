/** A message that cannot be packed or does not unpack. The connection ends: the histories of both ends differ now. */
export class PackingFailure extends Error {
  override readonly name = 'PackingFailure';
}
