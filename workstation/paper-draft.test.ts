import { describe, expect, it } from 'vitest';
import { PaperDraft } from './paper-draft.ts';

const random = { bytes: (length: number) => Uint8Array.from({ length }, (_unused, at) => at * 7 + 1) };
const typed = (groups: readonly string[], ...numbers: readonly number[]) =>
  numbers.map((group) => ({ group, text: groups[group - 1] ?? '' }));

describe('a paper key that is being written down', () => {
  it('counts when two of its groups were typed back, in any case', () => {
    const draft = new PaperDraft(random);
    const groups = draft.draw();
    expect(groups).toHaveLength(8);
    const lower = typed(groups, 2, 7).map((each) => ({ ...each, text: ` ${each.text.toLowerCase()}` }));
    expect(draft.typedBack(lower).ok).toBe(true);
  });

  it('does not with one group, the same group twice, or a slip, which is named', () => {
    const draft = new PaperDraft(random);
    const groups = draft.draw();
    expect(draft.typedBack(typed(groups, 5)).ok).toBe(false);
    expect(draft.typedBack(typed(groups, 5, 5)).ok).toBe(false);
    const slip = [...typed(groups, 1), { group: 4, text: 'AAAAA' }];
    expect(draft.typedBack(slip)).toMatchObject({
      error: { code: 'access.paper-key-wrong', detail: { groups: ['4'] } },
    });
  });

  it('is wiped when it is forgotten, and when another is drawn', () => {
    const draft = new PaperDraft(random);
    const first = draft.typedBack(typed(draft.draw(), 1, 2));
    draft.draw();
    expect(first.ok && first.value.isWiped).toBe(true);
    draft.forget();
    expect(draft.typedBack([])).toMatchObject({ error: { code: 'record.not-found' } });
  });
});
