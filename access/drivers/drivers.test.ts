import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { magtekReport, posReports, type Swipe } from './frames.ts';
import { createPosDecoder } from './hid-pos-scanner.ts';
import { readUidAnswer, uidCommand } from './iso7816.ts';
import { decodeSwipe } from './magtek.ts';
import { createPcproxPoll, pcproxNumber } from './pcprox.ts';
import type { ReaderNews } from './reader-model.ts';
import { readerModels } from './reader-models.ts';

const device = { path: '/dev/hidraw0', vendorId: 0, productId: 0, usagePage: null, usage: null, product: '' };

describe('which reader it is', () => {
  it.each([
    ['magtek', { vendorId: 0x0801, productId: 0x0002, usagePage: 0xff00, usage: 1 }],
    ['magtek', { vendorId: 0x0801, productId: 0x0011, usagePage: 0xff00, usage: 1 }],
    ['pcprox', { vendorId: 0x0c27, productId: 0x3bfa, usagePage: 1, usage: 6 }],
    ['hid-pos-scanner', { vendorId: 0x05e0, productId: 0x1900, usagePage: 0x8c, usage: 2 }],
    ['none', { vendorId: 0x0801, productId: 0x0001, usagePage: 1, usage: 6 }],
    ['none', { vendorId: 0x046d, productId: 0xc31c, usagePage: 1, usage: 6 }],
    ['none', { vendorId: 0x05e0, productId: 0x1900, usagePage: 0x8c, usage: 1 }],
  ])('%s', (name, ids) => {
    const found = readerModels.find((model) => model.matches({ ...device, ...ids }));
    expect(found?.name ?? 'none').toBe(name);
  });
});

it('every reader may be used on Linux by whoever sits there: the udev rules name it, and nothing else', () => {
  const url = new URL('../../packaging/linux/70-hamshira-readers.rules', import.meta.url);
  const rule =
    /^ATTRS\{idVendor\}=="([0-9a-f]{4})",(?: ATTRS\{idProduct\}=="([0-9a-f]{4})",)? TAG\+="uaccess"$/gm;
  const allowed = [...readFileSync(url, 'utf8').matchAll(rule)].map(
    ([, vendor, product]) => `${vendor}:${product ?? '*'}`,
  );
  const hex = (id: number) => id.toString(16).padStart(4, '0');
  const needed = readerModels.flatMap(({ usbIds }) =>
    usbIds.map(
      ({ vendorId, productId }) => `${hex(vendorId)}:${productId === undefined ? '*' : hex(productId)}`,
    ),
  );
  expect([...allowed].sort()).toEqual([...needed].sort());
});

describe('HID POS scanner', () => {
  const read = (reports: readonly Uint8Array[], decode = createPosDecoder()) =>
    reports.flatMap((report) => decode(report, 0) ?? []);

  it('gives symbology and text', () => {
    expect(read(posReports('0104006381333931', ']d2'))).toEqual([
      { kind: 'code', reading: { symbology: ']d2', text: '0104006381333931' } },
    ]);
  });

  // The example of the Access-IS LSR118 manual, appendix B: 60 bytes in two reports.
  it('puts the parts of a longer code together', () => {
    const text = 'M1GATHERGOOD/MICHAEL YABCDEF LHRDURAK 3542 052Y003D23    123';
    expect(read(posReports(text, ']Q0'))).toEqual([{ kind: 'code', reading: { symbology: ']Q0', text } }]);
    expect(posReports(text)).toHaveLength(2);
  });

  it('keeps separators and bytes above 127 as they are', () => {
    const text = 'a\u001dbÿ';
    expect(read(posReports(text))).toMatchObject([{ reading: { text } }]);
  });

  it('says nothing of a symbology it is not told', () => {
    expect(read(posReports('A1', '\0\0\0'))).toMatchObject([{ reading: { symbology: null, text: 'A1' } }]);
  });

  it('begins anew after a part that never came', () => {
    const [first] = posReports('x'.repeat(80));
    if (first === undefined) throw new Error('no report');
    const decode = createPosDecoder();
    expect(decode(first, 0)).toBeUndefined();
    expect(read(posReports('whole'), (report) => decode(report, 5_000))).toMatchObject([
      { reading: { text: 'whole' } },
    ]);
  });

  it('gives up a code that does not end', () => {
    const decode = createPosDecoder();
    const endless = posReports('x'.repeat(112))[0] ?? new Uint8Array();
    for (let at = 0; at < 100; at += 1) expect(decode(endless, at)).toBeUndefined();
    const last = posReports('end')[0] ?? new Uint8Array();
    const text = decode(last, 101);
    expect(text?.kind === 'code' ? text.reading.text.length : 0).toBeLessThanOrEqual(2048);
  });

  it.each([
    ['another report', (report: Uint8Array) => report.with(0, 0x03)],
    ['a length beyond the report', (report: Uint8Array) => report.with(1, 57)],
    ['a cut report', (report: Uint8Array) => report.subarray(0, 40)],
    ['no data', (report: Uint8Array) => report.with(1, 0)],
    ['nothing', () => new Uint8Array()],
  ])('passes over %s', (_name, change) => {
    expect(read(posReports('1234567').map(change))).toEqual([]);
  });
});

describe('MagTek', () => {
  const swipe = (tracks: Swipe['tracks'], more: Partial<Swipe> = {}) =>
    decodeSwipe(magtekReport({ tracks, ...more }), 0);
  const number = (text: string) => ({ kind: 'card', reading: { reader: 'magnetic', number: text } });
  const trouble = (why: string) => ({ kind: 'trouble', trouble: why });

  it.each([
    ['the badge number of track 2', ['', ';0012345?', ''], '0012345'],
    ['track 2 before the others', ['%NURSE^7?', ';42=99?', ';9?'], '42'],
    ['track 1 where there is no track 2', ['%AB 17?', '', ''], 'AB 17'],
    ['track 3 where there is no other', ['', '', '+7001?'], '7001'],
  ] as const)('gives %s', (_name, tracks, expected) => {
    expect(swipe(tracks)).toEqual(number(expected));
  });

  it('wants the card again when any track was not read right', () => {
    expect(swipe(['', ';0012345?', ''], { errors: [1, 0, 0] })).toEqual(trouble('again'));
    expect(swipe(['%AB?', '', ''], { errors: [0, 1, 0] })).toEqual(trouble('again'));
    expect(swipe(['', '', ''])).toEqual(trouble('again'));
  });

  it('does not take the number of a bank card', () => {
    // Numbers that card schemes publish for tests.
    expect(swipe(['%B4111111111111111^DOE/J^2512101?', '', ''])).toEqual(trouble('payment'));
    expect(swipe(['', ';4111111111111111=25121010000?', ''])).toEqual(trouble('payment'));
    expect(swipe(['', ';4111111111111112=25121010000?', ''])).toEqual(number('4111111111111112'));
  });

  it.each([
    ['a driving licence', { encodeType: 1 }],
    ['a blank card', { encodeType: 3 }],
    ['an undecoded card', { encodeType: 6 }],
  ])('takes no number from %s', (_name, more) => {
    expect(swipe(['', ';123?', ''], more)).toEqual(trouble('no-number'));
  });

  it.each([[['', '123', '']], [['', ';?', '']], [['', ';===?', '']], [['%\u0007?', '', '']]] as const)(
    'takes no number from tracks without sentinels or signs: %j',
    (tracks) => {
      expect(swipe(tracks)).toEqual(trouble('no-number'));
    },
  );

  it('passes over reports of another length, and lengths beyond a track', () => {
    const report = magtekReport({ tracks: ['', ';123?', ''] });
    expect(decodeSwipe(report.subarray(0, 336), 0)).toBeUndefined();
    expect(decodeSwipe(new Uint8Array(338), 0)).toBeUndefined();
    expect(decodeSwipe(report.with(4, 111), 0)).toEqual(trouble('again'));
  });
});

describe('pcProx', () => {
  const reply = (...bytes: number[]) => Uint8Array.from({ length: 8 }, (_, at) => bytes[at] ?? 0);

  it('gives bits and data, most significant first', () => {
    // H10301 without its parity bits: card 12345 (3039), facility 67 (43).
    expect(pcproxNumber(reply(0x39, 0x30, 0x43), reply(24, 24))).toBe('24.433039');
    expect(pcproxNumber(reply(0xff, 0xff), reply(13, 13))).toBe('13.1FFF');
    expect(pcproxNumber(reply(1, 0, 0, 0, 0, 0, 0, 0x80), reply(64, 64))).toBe('64.8000000000000001');
  });

  it.each([
    ['no card', reply(), reply(0, 0)],
    ['lengths that disagree', reply(1), reply(24, 25)],
    ['more bits than there are', reply(1), reply(65, 65)],
    ['no data', reply(), reply(24, 24)],
    ['a short answer', reply(1).subarray(0, 5), reply(24, 24)],
    ['no answer', new Uint8Array(), new Uint8Array()],
  ])('gives nothing for %s', (_name, data, bits) => {
    expect(pcproxNumber(data, bits)).toBeUndefined();
  });

  /** Answers as a reader does; keeps its configuration page. */
  function createReader() {
    let last: readonly number[] = [];
    let card: { readonly data: readonly number[]; readonly bits: number } = { data: [], bits: 0 };
    let page = reply(0, 0, 0x11, 26, 26, 0, 0x28, 0x01);
    let expectsPage = false;
    const stored: number[] = [];
    return {
      lay: (data: readonly number[], bits: number) => {
        card = { data, bits };
      },
      page: () => page,
      stored,
      pipe: {
        sendFeature: async (_id: number, bytes: Uint8Array) => {
          if (bytes.length !== 8) throw new Error('a report has 8 bytes');
          if (expectsPage && (bytes[0] ?? 0) < 0x80) {
            page = Uint8Array.from(bytes);
            expectsPage = false;
            return;
          }
          last = [...bytes];
          expectsPage = last[0] === 0x80;
          if (last[0] === 0x90) stored.push(last[1] ?? 0);
        },
        getFeature: async (_id: number, length: number) => {
          if (length !== 8) throw new Error('a report has 8 bytes');
          expectsPage = false;
          if (last[0] === 0x80) return page;
          if (last[0] === 0x8f) return reply(...card.data);
          return reply(card.bits, card.bits);
        },
      },
    };
  }

  it('tells a card once while it lies there', async () => {
    const reader = createReader();
    const poll = createPcproxPoll();
    await poll.begin(reader.pipe);
    const told: (ReaderNews | undefined)[] = [];
    const step = async () => told.push(await poll.next(reader.pipe));
    await step();
    reader.lay([0x39, 0x30, 0x43], 24);
    await step();
    await step();
    reader.lay([], 0);
    await step();
    reader.lay([0x39, 0x30, 0x43], 24);
    await step();
    reader.lay([], 0);
    for (let at = 0; at < 5; at += 1) await step();
    reader.lay([0x39, 0x30, 0x43], 24);
    await step();
    reader.lay([1], 24);
    await step();
    expect(told.map((news) => (news?.kind === 'card' ? news.reading.number : (news?.kind ?? null)))).toEqual([
      null,
      '24.433039',
      null,
      // Gone for one answer only.
      ...[null, null],
      ...[null, null, null, 'taken', null],
      '24.433039',
      '24.000001',
    ]);
  });

  it('keeps the reader from typing meanwhile, stores nothing, and leaves it as it was', async () => {
    const reader = createReader();
    const before = [...reader.page()];
    const poll = createPcproxPoll();
    await poll.begin(reader.pipe);
    expect(reader.page()[7]).toBe(0x81);
    await poll.end(reader.pipe);
    expect([...reader.page()]).toEqual(before);
    expect(reader.stored).toEqual([0, 0]);
  });
});

describe('UID over ISO 7816', () => {
  const answer = (hex: string, isFirst = true) => readUidAnswer(Buffer.from(hex, 'hex'), isFirst);

  it('asks the reader for it', () => {
    expect([...uidCommand]).toEqual([0xff, 0xca, 0, 0, 0]);
  });

  it.each([
    ['04A1B2C3', '04a1b2c39000'],
    ['04A1B2C3D4E5F6', '04a1b2c3d4e5f69000'],
    ['0102030405060708090A', '0102030405060708090a9000'],
    ['E004015012345678', 'e0040150123456789000'],
  ])('reads %s', (number, hex) => {
    expect(answer(hex)).toEqual({ done: { ok: true, value: { reader: 'smart-card', number } } });
  });

  it.each([
    ['another number each time', '08a1b2c39000', 'changing-number'],
    ['no number', '6a81', 'no-number'],
    ['a card with contacts', '6d00', 'no-number'],
    ['a card taken away', '6300', 'again'],
    ['nothing but zeros', '000000009000', 'no-number'],
    ['an odd length', '0102039000', 'no-number'],
    ['success without a number', '9000', 'no-number'],
    ['half a status', '90', 'no-number'],
    ['nothing', '', 'no-number'],
    ['too much', '04'.repeat(300), 'no-number'],
  ])('says of %s why not', (_name, hex, error) => {
    expect(answer(hex)).toEqual({ done: { ok: false, error } });
  });

  it('asks once more when told to, and never twice', () => {
    expect(answer('6107')).toEqual({ next: Uint8Array.of(0, 0xc0, 0, 0, 7) });
    expect(answer('6c04')).toEqual({ next: Uint8Array.of(0xff, 0xca, 0, 0, 4) });
    expect(answer('6107', false)).toEqual({ done: { ok: false, error: 'no-number' } });
    expect(answer('6c04', false)).toEqual({ done: { ok: false, error: 'no-number' } });
  });
});

it('100,000 frames of noise and of changed good ones make no driver fail, and nothing but printable numbers comes out', async () => {
  const random = seeded(5);
  const byte = () => Math.floor(random() * 256);
  const decode = createPosDecoder();
  const good = [
    ...posReports('x'.repeat(100)),
    magtekReport({ tracks: ['%AB?', ';123?', ''] }),
    Buffer.from('04a1b2c39000', 'hex'),
  ];
  let readings = 0;
  for (let round = 0; round < 100_000; round += 1) {
    const base = good[round % good.length] ?? new Uint8Array();
    const frame =
      round % 4 === 0 ? Uint8Array.from({ length: byte() + byte() }, byte) : Uint8Array.from(base);
    for (let change = byte() % 4; change > 0; change -= 1) {
      frame[Math.floor(random() * (frame.length + 1))] = byte();
    }
    const cut = random() < 0.2 ? frame.subarray(0, Math.floor(random() * frame.length)) : frame;
    const number = pcproxNumber(cut.subarray(0, 8), cut.subarray(8, 16));
    if (number !== undefined) expect(number).toMatch(/^\d+\.[0-9A-F]+$/);
    readUidAnswer(cut, true);
    for (const news of [decode(cut, round), decodeSwipe(cut, round)]) {
      if (news?.kind === 'card') expect(news.reading.number).toMatch(/^[\x20-\x5f]{1,128}$/);
      if (news?.kind === 'code') expect(news.reading.text.length).toBeLessThanOrEqual(2048);
      if (news !== undefined && news.kind !== 'trouble') readings += 1;
    }
  }
  expect(readings).toBeGreaterThan(1_000);
});

/** Reproducible numbers in [0, 1). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
