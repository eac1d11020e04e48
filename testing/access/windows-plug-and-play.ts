import { asAddress, asNumber, bytesAt, textAt, writeBytes, writeDword } from './windows-memory.ts';
import type { Answering } from './windows-natives.ts';
import type { Registers } from './windows-orders.ts';

/** What is plugged in, by the name that Windows gives it: its hardware ids. */
export type PluggedByName = Map<string, readonly string[]>;

/** Codes of `cfgmgr32.h`. */
const code = {
  success: 0,
  noNode: 0x0d,
  noSuchNode: 0x05,
  smallBuffer: 0x1a,
  invalidData: 0x1f,
} as const;

/** The functions of cfgmgr32.dll that tell present devices of the enumerator HID and their hardware ids. */
export function plugAndPlay(plugged: PluggedByName): Readonly<Record<string, Answering>> {
  const nodes: string[] = [];
  const isOfHid = (filter: unknown, flags: unknown): boolean =>
    textAt(asAddress(filter)) === 'HID' && asNumber(flags) === 0x101;
  const names = (): Buffer => multiText([...plugged.keys()]);
  return {
    CM_Get_Device_ID_List_SizeW: ([to, filter, flags]) => {
      if (!isOfHid(filter, flags)) return code.invalidData;
      writeDword(asAddress(to), names().length / 2);
      return code.success;
    },
    CM_Get_Device_ID_ListW: ([filter, to, characters, flags]) => {
      if (!isOfHid(filter, flags)) return code.invalidData;
      if (names().length / 2 > asNumber(characters)) return code.smallBuffer;
      writeBytes(asAddress(to), names());
      return code.success;
    },
    CM_Locate_DevNodeW: ([to, name, flags]) => {
      const wanted = textAt(asAddress(name)) ?? '';
      if (!plugged.has(wanted) || asNumber(flags) !== 0) return code.noNode;
      writeDword(asAddress(to), nodes.push(wanted));
      return code.success;
    },
    CM_Get_DevNode_Registry_PropertyW: (registers) => {
      const ids = plugged.get(nodes[asNumber(registers[0]) - 1] ?? '');
      return ids === undefined ? code.noSuchNode : writeHardwareIds(registers, multiText(ids));
    },
  };
}

function writeHardwareIds([, property, kind, to, length, flags]: Registers, ids: Buffer): number {
  if (asNumber(property) !== 2 || asAddress(kind) !== null || asNumber(flags) !== 0) return code.invalidData;
  const room = Buffer.from(bytesAt(asAddress(length), 4)).readUInt32LE();
  writeDword(asAddress(length), ids.length);
  if (ids.length > room) return code.smallBuffer;
  writeBytes(asAddress(to), ids);
  return code.success;
}

const multiText = (texts: readonly string[]): Buffer =>
  Buffer.from(`${texts.map((text) => `${text}\0`).join('')}\0`, 'utf16le');
