import type { Packing as PackingName } from '#contracts/wire/client-messages.ts';
import type { WireMessage } from '../transports/transport.ts';
import type { Welcome } from './handshake.ts';
import { misunderstood } from './session-end.ts';

/** One connection's way to pack, both directions; it keeps their history. Unpacking throws on what does not fit. */
export interface Packer {
  /** `isLinkFast`: time counts more than bytes (PCK-8). */
  pack(text: string, isLinkFast?: boolean): Uint8Array;
  /** The same of a text in UTF-8. */
  packUtf8(utf8: Uint8Array, isLinkFast?: boolean): Uint8Array;
  unpackWhole(bytes: Uint8Array): Unpacked;
}

/** A message of the center; `utf8`: its text in bytes, well-formed, if it came packed. */
export interface Unpacked {
  readonly text: string;
  readonly utf8?: Uint8Array;
}

/** A dictionary packing begins with (docs/specs/packing.md). */
export interface PackingDictionary {
  readonly version: number;
  readonly bytes: Uint8Array;
}

/** What this workstation can undo, and how. */
export interface PackingChoice {
  /** Best first. */
  readonly packings: readonly PackingName[];
  /** Read once for each connection. */
  readonly dictionaries: readonly PackingDictionary[];
  readonly createPacker: (packing: 'zstd' | 'deflate', dictionary: Uint8Array | null) => Packer;
}

/** A packed message that does not unpack (PCK-2). */
export class PackingEnd extends Error {
  override readonly name = 'PackingEnd';
}

/** Packs the messages of one connection: text until the welcome, then as it says (PCK-1). */
export class MessagePacking {
  readonly #choice: PackingChoice | undefined;
  readonly #isLinkFast: () => boolean;
  #packer: Packer | undefined;

  constructor(choice: PackingChoice | undefined, isLinkFast: () => boolean = () => false) {
    this.#isLinkFast = isLinkFast;
    // What was offered has to be what is used: another dictionary may arrive while the center answers.
    this.#choice = choice === undefined ? undefined : { ...choice };
  }

  /** Fields of `hello`. */
  get offered(): { readonly packings: PackingName[]; readonly dictionaries: number[] } {
    return {
      packings: [...(this.#choice?.packings ?? ['none'])],
      dictionaries: (this.#choice?.dictionaries ?? []).map(({ version }) => version),
    };
  }

  /** From now on as the welcome says. Throws a `SessionEnd` if it names what was not offered. */
  begin({ packing = 'none', dictionary = null }: Welcome): void {
    if (packing === 'none') return;
    const choice = this.#choice;
    const known = choice?.dictionaries.find(({ version }) => version === dictionary);
    if (choice === undefined || !choice.packings.includes(packing))
      throw misunderstood('packing not offered');
    if (dictionary !== null && known === undefined) throw misunderstood('dictionary not offered');
    this.#packer = choice.createPacker(packing, known?.bytes ?? null);
  }

  /** JSON text, as it is or in well-formed UTF-8. */
  pack(text: string | Uint8Array): WireMessage {
    if (typeof text === 'string') return this.#packer?.pack(text, this.#isLinkFast()) ?? text;
    return this.#packer?.packUtf8(text, this.#isLinkFast()) ?? Buffer.from(text).toString('utf8');
  }

  unpack(message: WireMessage): string {
    return this.unpackWhole(message).text;
  }

  unpackWhole(message: WireMessage): Unpacked {
    if (this.#packer === undefined) {
      if (typeof message === 'string') return { text: message };
      throw misunderstood('bytes instead of text');
    }
    if (typeof message === 'string') throw misunderstood('text instead of bytes');
    try {
      return this.#packer.unpackWhole(message);
    } catch (cause) {
      throw new PackingEnd('a packed message does not unpack', { cause });
    }
  }
}
