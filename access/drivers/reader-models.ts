import { hidPosScanner } from './hid-pos-scanner.ts';
import { magtek } from './magtek.ts';
import { pcprox } from './pcprox.ts';
import type { HidReaderModel } from './reader-model.ts';

/** Every reader that is spoken to over HID; the first that matches takes a device. */
export const readerModels: readonly HidReaderModel[] = [magtek, pcprox, hidPosScanner];
