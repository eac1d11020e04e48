// The web workstation as workstation/main.ts composes it, with one FIDO2 key whose reports its parent process plays.
// Writes snapshots of its heap when it is asked to.
import { fileURLToPath } from 'node:url';
import { setFlagsFromString, writeHeapSnapshot } from 'node:v8';
import * as v from 'valibot';
import { type CtapKey, openCtapKey } from '#access/ctap/ctap-key.ts';
import type { HidPipe } from '#access/ctap/hid-pipe.ts';
import type { OpenShelf } from '#access/devices/open-shelf.ts';
import { emptyShelf } from '#access/ports.ts';
import { composeWorkstation } from '#workstation/main-composition.ts';
import { systemRandom, systemTimers } from '#workstation/system-effects.ts';
import { readWebArguments, startWebWorkstation } from '#workstation/web-start.ts';
import { type KeyedNews, KeyedOrderSchema } from './keyed-messages.ts';

process.umask(0o077);
// A longer string would be cut in a snapshot, and what was looked for with it.
setFlagsFromString('--heap-snapshot-string-limit=4000000');
const tell = (news: KeyedNews): void => void process.send?.(news);

function openKeyOfParent(): OpenShelf {
  const keys: CtapKey[] = [];
  const changed = new Set<() => void>();
  const reports = new Set<(report: Uint8Array) => void>();
  const pipe: HidPipe = {
    write: async (report) => tell({ type: 'report', bytes: Buffer.from(report).toString('base64') }),
    onReport: (told) => {
      reports.add(told);
      return () => reports.delete(told);
    },
    onClosed: () => () => undefined,
    close: async () => undefined,
  };
  const plugIn = async (): Promise<void> => {
    const opened = await openCtapKey(pipe, { id: 'key', random: systemRandom, timers: systemTimers });
    if (!opened.ok) throw new Error(opened.error.failure);
    keys.push(opened.value);
    for (const told of changed) told();
    tell({ type: 'plugged-in' });
  };
  process.on('message', (message) => {
    const order = v.safeParse(KeyedOrderSchema, message);
    if (!order.success) return;
    if (order.output.type === 'plug-in') void plugIn();
    else if (order.output.type === 'report') {
      const report = Uint8Array.from(Buffer.from(order.output.bytes, 'base64'));
      for (const told of reports) told(report);
    } else {
      writeHeapSnapshot(order.output.file);
      tell({ type: 'snapshot-written', file: order.output.file });
    }
  });
  const shelf = {
    ...emptyShelf,
    credentialDevices: () => keys,
    fingerprintKeys: () => keys,
    onChange: (told: () => void) => {
      changed.add(told);
      return () => changed.delete(told);
    },
  };
  return { shelf, close: async () => undefined };
}

const start = readWebArguments(process.argv.slice(2), fileURLToPath(new URL('.', import.meta.url)), process);
if (start !== null) {
  const compose = () =>
    composeWorkstation({
      folder: start.data,
      writeLog: (line) => console.error(line),
      openDevices: openKeyOfParent,
    });
  await startWebWorkstation(compose, start, process, { checksOutput: false });
}
