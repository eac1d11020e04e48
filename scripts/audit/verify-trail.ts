import type { DeviceId } from '#contracts/ids.ts';
import { chainHash, chainStart, namelessStart } from '#store/replica/audit-chain.ts';
import { beginAction } from '#store/replica/audit-trail.ts';
import {
  EndingSchema,
  type EntryLine,
  EntryLineSchema,
  type FileLine,
  type Heading,
  HeadingSchema,
  KeptHeadSchema,
  linesOf,
  readExactly,
} from './trail-file.ts';

/**
 * What is wrong with a trail, and where. `changed`: entry `seq` is not what was written, or not in its place. `missing`: entries
 * `seq` to `through` are not there. `unreadable`: line `line` is no entry; it stands where entry `seq` should. `other-device`: the
 * file says it is the trail of one device and is not. `center`: entry `seq` is there, but the center was told another one; the
 * entries from `seq` on back to the one after `holdsThrough` are in question. `ending`: the file's own last line does not fit.
 */
export type Finding =
  | { readonly kind: 'changed'; readonly seq: number; readonly line: number }
  | { readonly kind: 'missing'; readonly seq: number; readonly through: number }
  | { readonly kind: 'unreadable'; readonly seq: number; readonly line: number }
  | { readonly kind: 'other-device' }
  | { readonly kind: 'center'; readonly seq: number; readonly holdsThrough: number }
  | { readonly kind: 'ending' };

/** What {@link verifyTrail} saw. */
export interface TrailVerdict {
  readonly device: DeviceId | null;
  readonly entries: number;
  /** In the order of the file, at most {@link mostFindings}; empty for a trail that is whole. */
  readonly findings: readonly Finding[];
  /** Heads of the center that were compared. */
  readonly heads: number;
}

/** More than these are not told: the first says where to look. */
export const mostFindings = 100;
/** Most heads that are read: years of a workstation. */
const mostHeads = 2_000_000;

/** Heads by the number of their entry. */
export type HeadsBySeq = ReadonlyMap<number, string>;

/**
 * Reads heads as the center writes them down. Heads that were findings when they were told are left out: they are not of the
 * trail that was told before. Throws on a line that is no head, on another device's, and on too many.
 */
export async function readHeads(chunks: AsyncIterable<Uint8Array>): Promise<{
  readonly device: DeviceId | null;
  readonly heads: HeadsBySeq;
}> {
  const heads = new Map<number, string>();
  let device: DeviceId | null = null;
  for await (const { number, text } of linesOf(chunks)) {
    // npm writes some lines before what was asked for.
    if (text === '' || text?.startsWith('> ') === true) continue;
    const head = readExactly(KeptHeadSchema, text);
    if (head === undefined || (device ?? head.device) !== head.device) {
      throw new Error(`line ${number} of the heads is no head of this device`);
    }
    device = head.device;
    if (head.finding === null && !heads.has(head.seq)) heads.set(head.seq, head.hash);
    if (heads.size > mostHeads) throw new Error('too many heads');
  }
  return { device, heads };
}

/**
 * Verifies an exported trail line by line (EXP-2): removal, insertion, change and reordering of any entry, and with the center's
 * heads also a trail that was cut off or written anew. Memory does not grow with the file.
 */
export async function verifyTrail(
  chunks: AsyncIterable<Uint8Array>,
  known: { readonly device: DeviceId | null; readonly heads: HeadsBySeq } = {
    device: null,
    heads: new Map(),
  },
): Promise<TrailVerdict> {
  const walk = new TrailWalk(known.heads);
  for await (const line of linesOf(chunks)) walk.take(line);
  return walk.end(known.device);
}

class TrailWalk {
  readonly #heads: HeadsBySeq;
  readonly #findings: Finding[] = [];
  #heading: Heading | undefined;
  /** Whether an entry named the device of a trail that began without one. */
  #isDeviceNamed = false;
  #hash = '';
  /** Number of the entry that comes next. */
  #next = 1;
  #entries = 0;
  #endingLine: string | undefined;
  #compared = 0;
  #holdsThrough = 0;

  constructor(heads: HeadsBySeq) {
    this.#heads = heads;
  }

  take({ number, text }: FileLine): void {
    if (number === 1) {
      this.#takeHeading(text);
      return;
    }
    if (this.#endingLine !== undefined) this.#find({ kind: 'ending' });
    this.#endingLine = undefined;
    const entry = readExactly(EntryLineSchema, text);
    if (entry !== undefined) this.#takeEntry(entry, number);
    else if (readExactly(EndingSchema, text) !== undefined) this.#endingLine = text;
    else this.#find({ kind: 'unreadable', seq: this.#next, line: number });
  }

  #takeHeading(text: string | undefined): void {
    this.#heading = readExactly(HeadingSchema, text);
    if (this.#heading === undefined) this.#find({ kind: 'unreadable', seq: 1, line: 1 });
    this.#hash = this.#heading?.start ?? '';
    const ownStart = this.#heading && chainStart(this.#heading.device);
    this.#isDeviceNamed = ownStart === this.#heading?.start;
  }

  /**
   * After a break the chain is taken up from what the file says, so that later breaks are found as well; an entry that stands
   * where a later one should does not move the place.
   */
  #takeEntry({ hash, ...entry }: EntryLine, line: number): void {
    this.#entries += 1;
    const { seq } = entry;
    const isChained = chainHash(this.#hash, entry) === hash;
    if (seq > this.#next && !isChained) this.#find({ kind: 'missing', seq: this.#next, through: seq - 1 });
    else if (seq !== this.#next || !isChained) this.#find({ kind: 'changed', seq: this.#next, line });
    if (seq < this.#next) return;
    if (entry.action === beginAction && entry.reason === this.#heading?.device) this.#isDeviceNamed = true;
    this.#compare(seq, hash);
    this.#hash = hash;
    this.#next = seq + 1;
  }

  #compare(seq: number, hash: string): void {
    const told = this.#heads.get(seq);
    if (told === undefined) return;
    this.#compared += 1;
    if (told === hash) this.#holdsThrough = seq;
    else this.#find({ kind: 'center', seq, holdsThrough: this.#holdsThrough });
  }

  end(deviceOfHeads: DeviceId | null): TrailVerdict {
    const device = this.#heading?.device ?? null;
    if (!this.#isEndingRight()) this.#find({ kind: 'ending' });
    if (this.#heading !== undefined && !this.#isOfItsDevice(this.#heading))
      this.#find({ kind: 'other-device' });
    if (deviceOfHeads !== null && deviceOfHeads !== device) this.#find({ kind: 'other-device' });
    let newest = 0;
    for (const seq of this.#heads.keys()) newest = Math.max(newest, seq);
    if (newest >= this.#next) this.#find({ kind: 'missing', seq: this.#next, through: newest });
    return { device, entries: this.#entries, findings: this.#findings, heads: this.#compared };
  }

  #isOfItsDevice({ device, start }: Heading): boolean {
    return start === chainStart(device) || (start === namelessStart && this.#isDeviceNamed);
  }

  #isEndingRight(): boolean {
    const ending = readExactly(EndingSchema, this.#endingLine);
    return ending !== undefined && ending.entries === this.#next - 1 && ending.hash === this.#hash;
  }

  #find(finding: Finding): void {
    if (this.#findings.length < mostFindings) this.#findings.push(finding);
  }
}
