import { useBridge } from '../bridge/hooks.tsx';
import { useWedge } from './use-wedge.ts';

/** As much of a typed number as counts. */
const longestNumber = 128;

/** Gives what a reader typed to the workstation as a card; `access.door` tells whose it is, as with any other reader. */
export function useTypedCard(): (text: string) => void {
  const bridge = useBridge();
  return (text) => void bridge.request('access.card-typed', { text: text.slice(0, longestNumber) });
}

/** What badges say of themselves. */
const badgeNumber = /^[0-9a-f]+$/i;

/**
 * Takes the cards of readers that type, where no records are shown (SCR-57). Nothing of a number stays in a field, nor does its Enter
 * press anything. What comes as fast, ends without an Enter and is no number was typed by a program, as passphrases are: it
 * stays where it was typed.
 */
export function useTypedCards(): void {
  const give = useTypedCard();
  useWedge((text, end) => {
    if (end === 'silence' && !badgeNumber.test(text)) return false;
    give(text);
    return true;
  });
}
