import { fail, ok, type Result } from '#contracts/result.ts';
import { callInThread, type NativeLoader, unsigned } from './native-loader.ts';

/** Tells which security keys are plugged in. */
export interface KeyPresence {
  /** The system's names of the keys that are there now, in no order. Undefined: Windows did not answer this time. */
  list(): Promise<ReadonlySet<string> | undefined>;
}

/** What Windows calls every device with FIDO's usage page and CTAPHID's usage, whoever made it. */
const hardwareId = 'HID_DEVICE_UP:F1D0_U:0001';

/** Values of `cfgmgr32.h` and `cfg.h`. */
const enumerator = 'HID';
const presentOfEnumerator = 0x1 | 0x100; // CM_GETIDLIST_FILTER_ENUMERATOR, CM_GETIDLIST_FILTER_PRESENT
const locateNormal = 0;
const hardwareIdProperty = 2; // CM_DRP_HARDWAREID
const success = 0;

const mostCharacters = 1_000_000;
const propertyBytes = 4_096;

/**
 * The plug and play list of Windows (`cfgmgr32.dll`). It is read without opening any device: Windows keeps keys from whoever
 * is no administrator so thoroughly that hidapi, which has to open what it lists, does not see them at all.
 */
export function openKeyPresence(loader: NativeLoader): Result<KeyPresence, 'library-missing'> {
  try {
    return ok(bind(loader));
  } catch {
    return fail('library-missing');
  }
}

function bind({ koffi, load }: NativeLoader): KeyPresence {
  const number = 'uint32';
  const text = 'str16';
  const outNumber = koffi.out(koffi.pointer(number));
  const file = 'cfgmgr32.dll';
  const sizeOf = load(file, 'CM_Get_Device_ID_List_SizeW', number, [outNumber, text, number]);
  const listInto = load(file, 'CM_Get_Device_ID_ListW', number, [text, 'void *', number, number]);
  const locate = load(file, 'CM_Locate_DevNodeW', number, [outNumber, text, number]);
  const property = load(file, 'CM_Get_DevNode_Registry_PropertyW', number, [
    number,
    number,
    'void *',
    'void *',
    koffi.inout(koffi.pointer(number)),
    number,
  ]);
  /** Names never change their meaning while the device stays there; those that left are forgotten. */
  let isKeyByName = new Map<string, boolean>();

  const names = async (): Promise<readonly string[] | undefined> => {
    const length: unknown[] = [0];
    if ((await callInThread(sizeOf, length, enumerator, presentOfEnumerator)) !== success) return undefined;
    const characters = unsigned(length[0]);
    if (characters === 0 || characters > mostCharacters) return undefined;
    const list = Buffer.alloc(characters * 2);
    // Fails when devices came in between: the next look has them.
    const code = await callInThread(listInto, enumerator, list, characters, presentOfEnumerator);
    return code === success ? textsIn(list) : undefined;
  };
  const isKey = async (name: string): Promise<boolean | undefined> => {
    const node: unknown[] = [0];
    if ((await callInThread(locate, node, name, locateNormal)) !== success) return undefined;
    const ids = Buffer.alloc(propertyBytes);
    const length: unknown[] = [propertyBytes];
    const code = await callInThread(property, unsigned(node[0]), hardwareIdProperty, null, ids, length, 0);
    if (code !== success) return undefined;
    return textsIn(ids.subarray(0, unsigned(length[0]))).some((id) => id.toUpperCase() === hardwareId);
  };

  return {
    list: async () => {
      const found = await names();
      if (found === undefined) return undefined;
      const known = new Map<string, boolean>();
      for (const name of found) {
        const answer = isKeyByName.get(name) ?? (await isKey(name));
        // Gone in between, or not yet set up: asked again at the next look.
        if (answer !== undefined) known.set(name, answer);
      }
      isKeyByName = known;
      return new Set([...known].flatMap(([name, answer]) => (answer ? [name] : [])));
    },
  };
}

/** Texts one behind the other in UTF-16, each closed by a zero, the list by another. */
const textsIn = (list: Buffer): readonly string[] =>
  list
    .toString('utf16le')
    .split('\0')
    .filter((text) => text !== '');
