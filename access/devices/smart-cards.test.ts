import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fail, ok } from '#contracts/result.ts';
import { createHandTime, type HandTime } from './doubles.ts';
import type { PcscFailure, PcscLibrary } from './pcsc-library.ts';
import { openSmartCards, type SmartCards } from './smart-cards.ts';
import { openWinscard, winscardSizes } from './winscard.ts';

/** A service with readers and cards; counts what is open. */
function createService() {
  const service = {
    isRunning: true,
    readers: new Map<string, { card: string | null; events: number; isMute: boolean; isHeld: boolean }>(),
    contexts: 0,
    connections: 0,
    connects: 0,
    commands: [] as string[],
    /** Called before each transmit. */
    onTransmit: () => undefined as PcscFailure | undefined,
    plug: (name: string) =>
      service.readers.set(name, { card: null, events: 0, isMute: false, isHeld: false }),
    unplug: (name: string) => service.readers.delete(name),
    lay: (name: string, answer: string | null) => {
      const reader = service.readers.get(name);
      if (reader === undefined) throw new Error('no such reader');
      reader.card = answer;
      reader.events += 1;
    },
  };
  const running = <Value>(value: () => Value) =>
    service.isRunning ? ok(value()) : fail('no-service' as const);
  const library: PcscLibrary = {
    establishContext: async () =>
      running(() => {
        service.contexts += 1;
        return 7;
      }),
    listReaders: async () => running(() => [...service.readers.keys()]),
    readerStates: async (_context, names) =>
      running(() =>
        names.map((name) => {
          const reader = service.readers.get(name);
          return {
            name,
            hasCard: reader?.card !== null && reader !== undefined,
            isMute: reader?.isMute ?? false,
            isGone: reader === undefined,
            events: reader?.events ?? 0,
          };
        }),
      ),
    connect: async (_context, name) => {
      service.connects += 1;
      const reader = service.readers.get(name);
      if (!service.isRunning) return fail('no-service');
      if (reader?.isHeld) return fail('in-use');
      if (reader === undefined || reader.card === null) return fail('no-card');
      service.connections += 1;
      return ok({ handle: [...service.readers.keys()].indexOf(name), protocol: 2 });
    },
    transmit: async ({ handle }, command) => {
      service.commands.push(Buffer.from(command).toString('hex'));
      const failure = service.onTransmit();
      if (failure !== undefined) return fail(failure);
      const card = [...service.readers.values()][Number(handle)]?.card;
      if (card === null || card === undefined) return fail('no-card');
      return ok(Buffer.from(command[0] === 0xff ? card : '6d00', 'hex'));
    },
    disconnect: async () => {
      service.connections -= 1;
    },
    releaseContext: async () => {
      service.contexts -= 1;
    },
  };
  return { service, library };
}

let time: HandTime;
let service: ReturnType<typeof createService>['service'];
let cards: SmartCards;
let heard: string[];

beforeEach(() => {
  time = createHandTime();
  const made = createService();
  service = made.service;
  heard = [];
  const known = new Set<string>();
  cards = openSmartCards({
    library: made.library,
    timers: time.timers,
    onChange: () => {
      for (const shelved of cards.devices()) {
        if (shelved.kind !== 'card-reader' || known.has(shelved.device.id)) continue;
        const { device } = shelved;
        known.add(device.id);
        device.onCard(({ reader, number }) => heard.push(`${device.id} ${reader} ${number}`));
        device.onCardTaken(() => heard.push(`${device.id} taken`));
        device.onTrouble((trouble) => heard.push(`${device.id} ${trouble}`));
        device.onRemoved(() => heard.push(`${device.id} removed`));
      }
    },
  });
});
afterEach(async () => {
  const closing = cards.close();
  await time.pass(0);
  await closing;
  expect([service.contexts, service.connections]).toEqual([0, 0]);
});

describe('cards', () => {
  beforeEach(async () => {
    service.plug('ACS ACR122U');
    await time.pass(1_000);
  });

  it('are read once each time they are laid on', async () => {
    service.lay('ACS ACR122U', '04a1b2c39000');
    await time.pass(5_000);
    service.lay('ACS ACR122U', null);
    await time.pass(1_000);
    service.lay('ACS ACR122U', '04a1b2c39000');
    await time.pass(1_000);
    expect(heard).toEqual(['pcsc-1 smart-card 04A1B2C3', 'pcsc-1 taken', 'pcsc-1 smart-card 04A1B2C3']);
    expect(service.commands).toEqual(['ffca000000', 'ffca000000']);
  });

  it('that change between two looks are both noticed by the count of events', async () => {
    service.lay('ACS ACR122U', '04a1b2c39000');
    await time.pass(1_000);
    service.lay('ACS ACR122U', null);
    service.lay('ACS ACR122U', '04ffffff9000');
    await time.pass(1_000);
    expect(heard).toEqual(['pcsc-1 smart-card 04A1B2C3', 'pcsc-1 taken', 'pcsc-1 smart-card 04FFFFFF']);
  });

  it.each([
    ['6a81', 'no-number'],
    ['0811223390 00'.replace(' ', ''), 'changing-number'],
    ['6300', 'again'],
  ])('that answer %s are trouble: %s', async (answer, trouble) => {
    service.lay('ACS ACR122U', answer);
    await time.pass(2_000);
    expect(heard).toEqual([`pcsc-1 ${trouble}`]);
  });

  it('that want to be asked again are asked once more', async () => {
    service.lay('ACS ACR122U', '6c04');
    await time.pass(1_000);
    expect(service.commands).toEqual(['ffca000000', 'ffca000004']);
    expect(heard).toEqual(['pcsc-1 no-number']);
  });

  it('taken away in the middle are asked for again', async () => {
    service.onTransmit = () => 'no-card';
    service.lay('ACS ACR122U', '04a1b2c39000');
    await time.pass(2_000);
    expect(heard).toEqual(['pcsc-1 again']);
  });

  it('that do not answer the reader are not asked', async () => {
    const reader = service.readers.get('ACS ACR122U');
    if (reader !== undefined) reader.isMute = true;
    service.lay('ACS ACR122U', '04a1b2c39000');
    await time.pass(1_000);
    expect([heard, service.connects]).toEqual([['pcsc-1 again'], 0]);
  });

  it('held by another program show the reader as in use, and are read once they are free', async () => {
    const reader = service.readers.get('ACS ACR122U');
    if (reader === undefined) throw new Error('no reader');
    reader.isHeld = true;
    service.lay('ACS ACR122U', '04a1b2c39000');
    await time.pass(500);
    expect(cards.facts()).toMatchObject([{ status: 'in-use' }]);
    reader.isHeld = false;
    await time.pass(500);
    expect(heard).toEqual(['pcsc-1 smart-card 04A1B2C3']);
    expect(cards.facts()).toMatchObject([{ status: 'ready' }]);
  });

  it('held for ever are not asked for ever', async () => {
    const reader = service.readers.get('ACS ACR122U');
    if (reader !== undefined) reader.isHeld = true;
    service.lay('ACS ACR122U', '04a1b2c39000');
    await time.pass(60_000);
    expect(service.connects).toBe(5);
    service.lay('ACS ACR122U', null);
    await time.pass(1_000);
    expect(cards.facts()).toMatchObject([{ status: 'ready' }]);
  });
});

describe('readers', () => {
  it('come and go', async () => {
    await time.pass(1_000);
    expect([cards.status(), cards.facts()]).toEqual(['ready', []]);
    service.plug('OMNIKEY 5022');
    await time.pass(1_000);
    expect(cards.facts()).toEqual([
      { id: 'pcsc-1', kind: 'card-reader', name: 'OMNIKEY 5022', status: 'ready' },
    ]);
    service.unplug('OMNIKEY 5022');
    await time.pass(1_000);
    expect(heard).toEqual(['pcsc-1 removed']);
    service.plug('OMNIKEY 5022');
    await time.pass(1_000);
    expect(cards.facts()).toMatchObject([{ id: 'pcsc-2' }]);
  });

  it('with a card in them from the start tell its number, but no trouble: keys with contacts are such cards', async () => {
    service.plug('one');
    service.plug('two');
    service.lay('one', '6d00');
    service.lay('two', '04a1b2c39000');
    await time.pass(1_000);
    expect(heard).toEqual(['pcsc-2 smart-card 04A1B2C3']);
  });

  it('are at most 16', async () => {
    for (let at = 0; at < 30; at += 1) service.plug(`reader ${at}`);
    await time.pass(1_000);
    expect(cards.facts()).toHaveLength(16);
  });
});

describe('the service', () => {
  it('that does not run is asked again, seldom', async () => {
    service.isRunning = false;
    await time.pass(1_000);
    expect(cards.status()).toBe('service-not-running');
    service.isRunning = true;
    await time.pass(60_000);
    expect(cards.status()).toBe('ready');
  });

  it('that ends takes its readers with it, and brings new ones when it is back', async () => {
    service.plug('reader');
    await time.pass(1_000);
    service.isRunning = false;
    await time.pass(1_000);
    expect([cards.status(), cards.facts(), heard]).toEqual(['service-not-running', [], ['pcsc-1 removed']]);
    service.isRunning = true;
    await time.pass(60_000);
    expect(cards.facts()).toMatchObject([{ id: 'pcsc-2' }]);
  });
});

describe('winscard', () => {
  it('lays its structures out as the headers of the systems do', async () => {
    expect(await winscardSizes('win32')).toEqual({ readerState: 64, ioRequest: 8 });
    // pcsc-lite on 64 bits, the only Linux that is built for.
    expect(await winscardSizes('linux')).toEqual({ readerState: 80, ioRequest: 16 });
  });

  it('says so where there is none', async () => {
    expect(await openWinscard('aix')).toEqual({ ok: false, error: 'library-missing' });
  });

  it('answers or is missing, and does not throw', async () => {
    const opened = await openWinscard(process.platform);
    if (!opened.ok) {
      expect(opened.error).toBe('library-missing');
      return;
    }
    const context = await opened.value.establishContext();
    if (context.ok) await opened.value.releaseContext(context.value);
    else expect(context.error).toBe('no-service');
  });
});
