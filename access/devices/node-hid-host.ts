import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import type * as NodeHid from 'node-hid';
import * as v from 'valibot';
import { fail, ok, type Result } from '#contracts/result.ts';
import type { HidDescription } from '../drivers/reader-model.ts';
import type { HidHost, HidOpenFailure, OpenHid } from './hid-host.ts';
import { createReportQueue } from './report-queue.ts';

/** What node-hid tells of a device; the rest is not looked at. */
const DeviceSchema = v.object({
  path: v.pipe(v.string(), v.minLength(1), v.maxLength(1024)),
  vendorId: v.pipe(v.number(), v.integer()),
  productId: v.pipe(v.number(), v.integer()),
  usagePage: v.optional(v.number()),
  usage: v.optional(v.number()),
  product: v.optional(v.string()),
});

const mostDevices = 256;
const longestReport = 4096;

/**
 * The system's devices through node-hid. Fails where its native part or a library of the system that it needs (libusb-1.0 and
 * libudev on Linux) is missing. Loaded only here, so that a machine without it still starts.
 */
export async function openNodeHidHost(
  platform: NodeJS.Platform,
): Promise<Result<HidHost, 'library-missing'>> {
  try {
    const nodeHid = await import('node-hid');
    nodeHid.setDriverType('hidraw');
    // Loads the native part: it is not loaded by the import.
    nodeHid.getHidapiVersion();
    return ok(hostOn(nodeHid, platform));
  } catch {
    return fail('library-missing');
  }
}

const hostOn = (nodeHid: typeof NodeHid, platform: NodeJS.Platform): HidHost => ({
  list: async () => {
    const devices: readonly unknown[] = await nodeHid.devicesAsync();
    return devices.slice(0, mostDevices).flatMap(describe);
  },
  open: async (path) => {
    try {
      return ok(pipeOn(await nodeHid.HIDAsync.open(path)));
    } catch (error) {
      return fail(await whyNot(path, error, platform));
    }
  },
});

function describe(device: unknown): readonly HidDescription[] {
  const parsed = v.safeParse(DeviceSchema, device);
  if (!parsed.success) return [];
  const { path, vendorId, productId, usagePage, usage, product } = parsed.output;
  // Zero where the system could not read the report descriptor.
  const isKnown = usagePage !== undefined && usagePage !== 0;
  return [
    {
      path,
      vendorId,
      productId,
      usagePage: isKnown ? usagePage : null,
      usage: isKnown ? (usage ?? null) : null,
      product: printable(product ?? ''),
    },
  ];
}

/** Names come from the device: whatever is no letter, digit or sign goes. */
const printable = (name: string): string =>
  name
    .replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '')
    .trim()
    .slice(0, 80);

/** On Linux the device file says it; on Windows the error's number does, whatever the language of its words. */
async function whyNot(path: string, error: unknown, platform: NodeJS.Platform): Promise<HidOpenFailure> {
  if (platform === 'linux') return whyNotOnLinux(path);
  const code = /\(0x([0-9a-f]{8})\)/i.exec(error instanceof Error ? error.message : '')?.[1];
  const failures: Readonly<Record<string, HidOpenFailure>> = {
    '00000002': 'gone',
    '00000005': 'no-permission',
    '00000020': 'in-use',
    '0000048f': 'gone',
  };
  return failures[code?.toLowerCase() ?? ''] ?? 'failed';
}

async function whyNotOnLinux(path: string): Promise<HidOpenFailure> {
  try {
    await access(path, constants.R_OK | constants.W_OK);
    return 'failed';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return 'gone';
    return code === 'EACCES' || code === 'EPERM' ? 'no-permission' : 'failed';
  }
}

function pipeOn(device: NodeHid.HIDAsync): OpenHid {
  const reports = createReportQueue();
  const closedListeners = new Set<() => void>();
  let closing: Promise<void> | undefined;

  const close = (): Promise<void> => {
    if (closing !== undefined) return closing;
    // A device that is gone may refuse to be closed; there is nothing left to do then.
    closing = device.close().catch(() => undefined);
    reports.close();
    for (const told of [...closedListeners]) told();
    closedListeners.clear();
    return closing;
  };
  // Whatever goes wrong with the cable means that the device is gone.
  const orGone = async <Value>(work: Promise<Value>): Promise<Value> => {
    try {
      return await work;
    } catch (error) {
      void close();
      throw error;
    }
  };
  device.on('data', (report: unknown) => {
    if (report instanceof Uint8Array && report.length <= longestReport) reports.push(Uint8Array.from(report));
  });
  device.on('error', () => void close());

  return {
    // hidapi wants the report's number in front; 0 where reports have none.
    write: async (report) => void (await orGone(device.write(numbered(0, report)))),
    onReport: reports.onReport,
    onClosed: (told) => {
      if (closing !== undefined) queueMicrotask(told);
      else closedListeners.add(told);
      return () => closedListeners.delete(told);
    },
    close,
    sendFeature: async (reportId, bytes) =>
      void (await orGone(device.sendFeatureReport(numbered(reportId, bytes)))),
    getFeature: async (reportId, length) => {
      const answer = await orGone(device.getFeatureReport(reportId, length + 1));
      return Uint8Array.from(answer.subarray(1, length + 1));
    },
  };
}

const numbered = (reportId: number, report: Uint8Array): Buffer =>
  Buffer.concat([Uint8Array.of(reportId), report]);
