import type { ReactNode } from 'react';
import { markDifferences } from './difference.ts';

/** A text whose words that the other one lacks are marked: underlined and heavy, not by colour alone. */
export function MarkedText({ text, other }: { readonly text: string; readonly other: string }): ReactNode {
  let end = 0;
  return markDifferences(text, other).map((piece) => {
    end += piece.text.length;
    return piece.isDifferent ? (
      <mark key={end} className="differs">
        {piece.text}
      </mark>
    ) : (
      <span key={end}>{piece.text}</span>
    );
  });
}
