import { open } from 'node:fs/promises';

/** What a device of software says about itself. */
export interface UhidDescription {
  readonly name: string;
  readonly vendor: number;
  readonly product: number;
  /** HID report descriptor, at most 4,096 bytes. */
  readonly descriptor: Uint8Array;
}

/** A HID device made by this process; the kernel shows it to everybody as /dev/hidraw. */
export interface UhidDevice {
  /** Sends an input report to whoever has the device open. */
  input(report: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

export interface UhidListener {
  /** An output report, without the leading zero of devices that do not number their reports. */
  readonly onOutput: (report: Uint8Array) => void;
  /** Answers a feature report; undefined for one that the device does not have. */
  readonly onGetFeature?: (number: number) => Uint8Array | undefined;
  readonly onSetFeature?: (number: number, report: Uint8Array) => void;
}

/** linux/uhid.h: every event is written and read whole. */
const eventBytes = 4_380;
const dataBytes = 4_096;
const events = {
  destroy: 1,
  output: 6,
  getReport: 9,
  getReportReply: 10,
  create: 11,
  input: 12,
  setReport: 13,
  setReportReply: 14,
} as const;
const usbBus = 3;
const noSuchReport = 5;

/** Creates the device. Rejects where /dev/uhid is not. */
export async function createUhidDevice(
  description: UhidDescription,
  listener: UhidListener,
): Promise<UhidDevice> {
  const file = await open('/dev/uhid', 'r+');
  const send = async (event: Buffer): Promise<void> => {
    await file.write(event, 0, event.length, null);
  };
  await send(createEvent(description));
  let isOpen = true;
  const reading = (async () => {
    const event = Buffer.alloc(eventBytes);
    while (isOpen) {
      const { bytesRead } = await file.read(event, 0, eventBytes, null).catch(() => ({ bytesRead: 0 }));
      if (bytesRead === 0) return;
      const answer = answerTo(event, listener);
      if (answer !== undefined) await send(answer);
    }
  })();
  return {
    input: async (report) => {
      if (isOpen) await send(inputEvent(report));
    },
    close: async () => {
      isOpen = false;
      await send(eventOf(events.destroy));
      await Promise.race([reading, new Promise((resolve) => setTimeout(resolve, 200))]);
      await file.close();
    },
  };
}

function eventOf(type: number): Buffer {
  const event = Buffer.alloc(eventBytes);
  event.writeUInt32LE(type, 0);
  return event;
}

function createEvent({ name, vendor, product, descriptor }: UhidDescription): Buffer {
  const event = eventOf(events.create);
  event.write(name, 4, 127, 'utf8');
  const numbers = 4 + 128 + 64 + 64;
  event.writeUInt16LE(descriptor.length, numbers);
  event.writeUInt16LE(usbBus, numbers + 2);
  event.writeUInt32LE(vendor, numbers + 4);
  event.writeUInt32LE(product, numbers + 8);
  event.set(descriptor, numbers + 20);
  return event;
}

function inputEvent(report: Uint8Array): Buffer {
  const event = eventOf(events.input);
  event.writeUInt16LE(report.length, 4);
  event.set(report, 6);
  return event;
}

function answerTo(event: Buffer, listener: UhidListener): Buffer | undefined {
  switch (event.readUInt32LE(0)) {
    case events.output: {
      const size = event.readUInt16LE(4 + dataBytes);
      const report = Uint8Array.from(event.subarray(4, 4 + size));
      listener.onOutput(size % 2 === 1 && report[0] === 0 ? report.subarray(1) : report);
      return undefined;
    }
    case events.getReport: {
      const found = listener.onGetFeature?.(event.readUInt8(8));
      const answer = eventOf(events.getReportReply);
      event.copy(answer, 4, 4, 8);
      answer.writeUInt16LE(found === undefined ? noSuchReport : 0, 8);
      answer.writeUInt16LE(found?.length ?? 0, 10);
      answer.set(found ?? [], 12);
      return answer;
    }
    case events.setReport: {
      const size = event.readUInt16LE(10);
      listener.onSetFeature?.(event.readUInt8(8), Uint8Array.from(event.subarray(12, 12 + size)));
      const answer = eventOf(events.setReportReply);
      event.copy(answer, 4, 4, 8);
      answer.writeUInt16LE(listener.onSetFeature === undefined ? noSuchReport : 0, 8);
      return answer;
    }
    default:
      return undefined;
  }
}
