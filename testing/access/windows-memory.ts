import * as koffi from 'koffi';
import * as v from 'valibot';
import type { FieldKind, NativeLayout } from './windows-layout.ts';

/** An address, or null. */
export type Address = bigint | null;

const AddressSchema = v.nullable(
  v.union([
    v.bigint(),
    v.pipe(
      v.number(),
      v.transform((value) => BigInt(value)),
    ),
  ]),
);
const NumberSchema = v.union([
  v.number(),
  v.pipe(
    v.bigint(),
    v.transform((value) => Number(value)),
  ),
]);

export const asAddress = (value: unknown): Address => {
  const address = v.parse(AddressSchema, value);
  return address === 0n ? null : address;
};
export const asNumber = (value: unknown): number => v.parse(NumberSchema, value);

/** Fields of a structure in foreign memory, read at their offsets. */
export interface StructureReader {
  number(field: string): number;
  text(field: string): string | null;
  pointer(field: string): Address;
  /** What `pointer` points at, as long as `length` says. */
  bytes(pointer: string, length: string): Uint8Array;
}

export function readStructure(layout: NativeLayout, from: Address, at = 0): StructureReader {
  if (from === null) throw new Error('a structure is missing');
  const offsetOf = (field: string, kind: FieldKind): number => {
    const [offset, stated] = layout.fields[field] ?? [undefined, undefined];
    if (offset === undefined || stated !== kind) throw new Error(`no field ${field} of kind ${kind}`);
    return at + offset;
  };
  const pointerAt = (offset: number): Address => asAddress(koffi.decode(from, offset, 'void *'));
  const reader: StructureReader = {
    number: (field) => {
      const [, kind] = layout.fields[field] ?? [];
      return kind === 'long'
        ? asNumber(koffi.decode(from, offsetOf(field, 'long'), 'int32'))
        : asNumber(koffi.decode(from, offsetOf(field, 'dword'), 'uint32'));
    },
    text: (field) => textAt(pointerAt(offsetOf(field, 'text'))),
    pointer: (field) => pointerAt(offsetOf(field, 'pointer')),
    bytes: (pointer, length) => bytesAt(reader.pointer(pointer), reader.number(length)),
  };
  return reader;
}

/** UTF-16 up to its zero. */
export const textAt = (from: Address): string | null =>
  from === null ? null : v.parse(v.string(), koffi.decode.string16(from));

export function bytesAt(from: Address, length: number): Uint8Array {
  if (length === 0) return new Uint8Array();
  if (from === null) throw new Error(`${length} bytes at no address`);
  return v.parse(v.instance(Uint8Array), koffi.decode(from, 'uint8', length));
}

export const addressAt = (from: Address, place: number): Address => {
  if (from === null) throw new Error('a list is missing');
  return asAddress(koffi.decode(from, place * 8, 'void *'));
};

export function writeDword(to: Address, value: number): void {
  if (to === null) throw new Error('nowhere to write to');
  koffi.encode(to, 'uint32', value);
}

export function writeAddress(to: Address, value: Address): void {
  if (to === null) throw new Error('nowhere to write to');
  koffi.encode(to, 'void *', value);
}

export function writeBytes(to: Address, bytes: Uint8Array): void {
  if (to === null) throw new Error('nowhere to write to');
  if (bytes.length > 0) koffi.encode(to, 'uint8', bytes, bytes.length);
}

/** Memory outside of JavaScript that somebody gives back later; filled with 0xEE where nothing was written. */
export class NativeMemory {
  readonly #heldByRoot = new Map<Address, Address[]>();

  /** How many structures have not been given back. */
  get held(): number {
    return this.#heldByRoot.size;
  }

  /** A structure with its parts: `fill` writes fields at their offsets. Given back by its address, parts included. */
  structure(
    layout: NativeLayout,
    fields: Readonly<Record<string, number | string | Uint8Array | bigint | null>>,
  ): Address {
    const parts: Address[] = [];
    const place = (bytes: Uint8Array): Address => {
      const address = asAddress(koffi.alloc('uint8', Math.max(bytes.length, 1)));
      writeBytes(address, bytes);
      parts.push(address);
      return address;
    };
    const image = Buffer.alloc(layout.size, 0xee);
    for (const [field, [offset, kind]] of Object.entries(layout.fields)) {
      const value = fields[field] ?? null;
      if (kind === 'dword') image.writeUInt32LE(value === null ? 0 : asNumber(value), offset);
      else if (kind === 'long') image.writeInt32LE(value === null ? 0 : asNumber(value), offset);
      else image.writeBigUInt64LE(addressOf(value, place) ?? 0n, offset);
    }
    const root = place(image);
    this.#heldByRoot.set(root, parts);
    return root;
  }

  /** Throws for what was never given out, or was given back before. */
  giveBack(root: Address): void {
    const parts = this.#heldByRoot.get(root);
    if (parts === undefined) throw new Error('given back twice, or never given out');
    this.#heldByRoot.delete(root);
    for (const part of parts) koffi.free(part);
  }
}

function addressOf(
  value: number | string | Uint8Array | bigint | null,
  place: (bytes: Uint8Array) => Address,
): Address {
  if (value === null || typeof value === 'bigint') return value;
  if (typeof value === 'number') throw new Error('a number where a pointer belongs');
  return place(typeof value === 'string' ? Buffer.from(`${value}\0`, 'utf16le') : value);
}
