import type { CardReader } from '../ports.ts';

/** A card reader made of software. Reachable from development roots only (ACC-9). */
export interface SimulatedCardReader extends CardReader {
  /** Holds a card with this number to the reader. */
  present(number: string): void;
  unplug(): void;
}

/** Makes a simulated card reader. */
export function createSimulatedCardReader(): SimulatedCardReader {
  const cardListeners = new Set<Parameters<CardReader['onCard']>[0]>();
  const removalListeners = new Set<() => void>();
  let isPlugged = true;
  return {
    id: 'simulated-card',
    present: (number) => {
      if (!isPlugged) return;
      for (const told of cardListeners) told({ reader: 'simulated-card', number: number.slice(0, 128) });
    },
    unplug: () => {
      if (!isPlugged) return;
      isPlugged = false;
      for (const told of removalListeners) told();
    },
    onCard: (told) => {
      cardListeners.add(told);
      return () => cardListeners.delete(told);
    },
    onCardTaken: () => () => undefined,
    onTrouble: () => () => undefined,
    onRemoved: (told) => {
      removalListeners.add(told);
      return () => removalListeners.delete(told);
    },
  };
}
