import { expect, it } from 'vitest';
import { openNodeHidHost } from './node-hid-host.ts';
import { createReportQueue } from './report-queue.ts';

it('lists what is plugged in, or says that a library is missing', async () => {
  const opened = await openNodeHidHost(process.platform);
  if (!opened.ok) {
    expect(opened.error).toBe('library-missing');
    return;
  }
  for (const device of await opened.value.list()) {
    expect(device.path).not.toBe('');
    expect(device.product.length).toBeLessThanOrEqual(80);
  }
  expect(await opened.value.open('/dev/hidraw-that-is-not-there')).toEqual({
    ok: false,
    error: process.platform === 'linux' ? 'gone' : expect.any(String),
  });
});

it('keeps reports until somebody listens, in order, and not without limit', () => {
  const reports = createReportQueue();
  for (let at = 0; at < 1_000; at += 1) reports.push(Uint8Array.of(at % 256));
  const heard: number[] = [];
  const stop = reports.onReport(([first]) => heard.push(first ?? -1));
  expect(heard).toHaveLength(160);
  expect(heard.slice(0, 3)).toEqual([0, 1, 2]);
  reports.push(Uint8Array.of(77));
  expect(heard.at(-1)).toBe(77);
  stop();
  reports.close();
  reports.push(Uint8Array.of(78));
  reports.onReport(([first]) => heard.push(first ?? -1));
  expect(heard.at(-1)).toBe(77);
});
