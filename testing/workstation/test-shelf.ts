import type { CtapKey } from '#access/ctap/ctap-key.ts';
import { type CardReader, type DeviceShelf, emptyShelf } from '#access/ports.ts';
import { systemRandom, systemTimers } from '#workstation/system-effects.ts';
import { type CtapBench, openCtapBench } from '../virtual-key/ctap-bench.ts';

/** Sockets of a computer: virtual keys that speak CTAP over HID reports, and a card reader that tells when a card is taken. */
export interface TestShelf {
  readonly shelf: DeviceShelf;
  /** A new key with a finger and a PIN; not plugged in. */
  newKey(): Promise<CtapBench>;
  plugIn(bench: CtapBench): void;
  present(number: string): void;
  take(): void;
}

export function createTestShelf(): TestShelf {
  let keys: readonly CtapKey[] = [];
  const changes = new Set<() => void>();
  const cards = new Set<Parameters<CardReader['onCard']>[0]>();
  const takings = new Set<() => void>();
  const listen = <Told>(listeners: Set<Told>, told: Told) => {
    listeners.add(told);
    return () => void listeners.delete(told);
  };
  const tell = () => changes.forEach((told) => void told());
  const reader: CardReader = {
    id: 'reader 1',
    onCard: (told) => listen(cards, told),
    onCardTaken: (told) => listen(takings, told),
    onTrouble: () => () => undefined,
    onRemoved: () => () => undefined,
  };
  return {
    shelf: {
      ...emptyShelf,
      credentialDevices: () => keys,
      fingerprintKeys: () => keys,
      cardReaders: () => [reader],
      onChange: (told) => listen(changes, told),
    },
    newKey: () => openCtapBench({ random: systemRandom, timers: systemTimers }),
    plugIn: ({ key }) => {
      keys = [...keys, key];
      key.onRemoved(() => {
        keys = keys.filter((one) => one !== key);
        tell();
      });
      tell();
    },
    present: (number) => cards.forEach((told) => void told({ reader: 'proximity', number })),
    take: () => takings.forEach((told) => void told()),
  };
}
