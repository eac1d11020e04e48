import { useBridge } from '../bridge/hooks.tsx';
import { useWedge } from './use-wedge.ts';

/** As much of a typed number as counts. */
const longestNumber = 128;

/**
 * Takes the cards of readers that type, where no records are shown: the number goes to the workstation, which tells whose it is as with
 * any other reader (SCR-57). Nothing of it stays in a field, nor does its Enter press anything.
 */
export function useTypedCards(): void {
  const bridge = useBridge();
  useWedge((text) => {
    void bridge.request('access.card-typed', { text: text.slice(0, longestNumber) });
    return true;
  });
}
