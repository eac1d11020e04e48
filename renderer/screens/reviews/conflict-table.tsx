import type { ReactNode } from 'react';
import type { ReviewRow } from '#contracts/bridge/views.ts';
import { Keys } from '../../parts/button.tsx';
import { Icon } from '../../parts/icons.tsx';
import { describeAuthor, describeValue, type Naming, personAndTime } from './field-words.ts';
import { MarkedText } from './marked-text.tsx';

interface ConflictTableProps {
  readonly row: ReviewRow;
  readonly naming: Naming;
  readonly isChanged: boolean;
}

/** Field by field: what it was, what stands in the center, what was written elsewhere, and what the record says meanwhile. */
export function ConflictTable({ row, naming, isChanged }: ConflictTableProps): ReactNode {
  const { t, today } = naming;
  const { question } = row.body;
  const times = question.kind === 'conflict' ? question : null;
  const sides = [
    ['theirs', personAndTime(row.theirsAuthor, times?.theirsAt, today)],
    ['mine', personAndTime(row.mineAuthor, times?.mineAt, today)],
  ] as const;
  return (
    <div className="difference-frame">
      <table className="difference">
        <thead>
          <tr>
            <th scope="col">{t('review.field')}</th>
            <th scope="col">{t('review.before')}</th>
            {sides.map(([side, author], at) => (
              <th key={side} scope="col">
                <Keys keys={String(at + 1)} /> {t(`review.${side}`)}
                {author && <span className="caption difference-author">{author}</span>}
              </th>
            ))}
            {isChanged && (
              <th scope="col">
                <Keys keys="3" /> {t('review.present')}
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {row.fields.map((field, at) => {
            const [theirs, mine] = [field.theirs, field.mine].map((json) =>
              describeValue(field.field, json, naming),
            );
            return (
              <tr key={`${field.field} ${field.itemId ?? ''}`}>
                <th scope="row">{t(`field.${field.field}`)}</th>
                <td className="soft">{describeValue(field.field, field.base, naming)}</td>
                <td className="difference-value difference-theirs">
                  <MarkedText text={theirs ?? ''} other={mine ?? ''} />
                  <Author json={field.theirs} naming={naming} />
                </td>
                <td className="difference-value difference-mine">
                  <MarkedText text={mine ?? ''} other={theirs ?? ''} />
                  <Author json={field.mine} naming={naming} />
                </td>
                {isChanged && (
                  <td className="difference-value">
                    {describeValue(field.field, row.present?.values[at], naming)}
                    <Author json={row.present?.values[at]} naming={naming} />
                  </td>
                )}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function Author({
  json,
  naming,
}: {
  readonly json: string | null | undefined;
  readonly naming: Naming;
}): ReactNode {
  const words = describeAuthor(json, naming);
  return words && <span className="caption difference-author">{words}</span>;
}

/** Whether a field says something else than either side: somebody went on with the record. */
export function hasChangedSince(row: ReviewRow, naming: Naming): boolean {
  const { present } = row;
  if (present === null) return false;
  return row.fields.some((field, at) => {
    const now = describeValue(field.field, present.values[at], naming);
    return ![field.mine, field.theirs].some((json) => describeValue(field.field, json, naming) === now);
  });
}

/** What to do about a record that is not on this computer any more. */
export function GoneNotice({ words }: { readonly words: string }): ReactNode {
  return (
    <p className="card-words soft">
      <Icon name="info" size={18} />
      {words}
    </p>
  );
}
