import { useBridge } from '../bridge/hooks.tsx';
import { useWedge } from './use-wedge.ts';

/** As much of a typed number as counts. */
const longestNumber = 128;

/** Gives what a reader typed to the workstation as a card; `access.door` tells whose it is, as with any other reader. */
export function useTypedCard(): (text: string) => void {
  const bridge = useBridge();
  return (text) => void bridge.request('access.card-typed', { text: text.slice(0, longestNumber) });
}

/**
 * Takes the cards of readers that type, where no records are shown (SCR-57). Nothing of a number stays in a field, nor does its Enter
 * press anything.
 */
export function useTypedCards(): void {
  const give = useTypedCard();
  useWedge((text) => {
    give(text);
    return true;
  });
}
