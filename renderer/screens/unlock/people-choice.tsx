import { type ReactNode, useEffect, useRef } from 'react';
import type { Somebody } from '../../access/proof-entry.tsx';
import { Icon } from '../../parts/icons.tsx';
import { initials } from '../../parts/patient-words.ts';
import { useWords } from '../../wording/words.ts';
import { inOrderOfUse } from './people-order.ts';

interface PeopleChoiceProps {
  readonly people: readonly Somebody[];
  /** Who worked here, the last first: they stand in this order, and the first has the focus. */
  readonly lastPeople: readonly string[];
  /** Who is at work: another is looked for, so she stands at the end. Null on a locked workstation. */
  readonly present: string | null;
  readonly onChoose: (id: string) => void;
}

const arrows: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** Who may open this workstation. Arrows go along, Enter chooses. */
export function PeopleChoice({ people, lastPeople, present, onChoose }: PeopleChoiceProps): ReactNode {
  const { t } = useWords();
  const list = useRef<HTMLUListElement>(null);
  const inOrder = inOrderOfUse(people, lastPeople, present);
  const isAnybodyKnown = present !== null || people.some(({ id }) => lastPeople.includes(id));
  useEffect(() => {
    if (isAnybodyKnown) list.current?.querySelector('button')?.focus();
  }, [isAnybodyKnown]);
  const step = (by: number) => {
    const buttons = [...(list.current?.querySelectorAll('button') ?? [])];
    const at = buttons.findIndex((button) => button === document.activeElement);
    buttons[(at + by + buttons.length) % buttons.length]?.focus();
  };
  return (
    <section className="unlock-people">
      <h1>{t('unlock.who')}</h1>
      <ul
        ref={list}
        className={people.length > 6 ? 'people-grid people-many' : 'people-grid'}
        onKeyDown={(event) => {
          const by = arrows[event.key];
          if (by === undefined) return;
          event.preventDefault();
          step(by);
        }}
      >
        {inOrder.map((person) => (
          <li key={person.id}>
            <button type="button" className="person-choice" onClick={() => onChoose(person.id)}>
              <span className="avatar avatar-large" aria-hidden="true">
                {initials(person.name)}
              </span>
              <span className="person-choice-name">
                {person.name}
                {person.id === present && <span className="caption">{t('switch.present')}</span>}
              </span>
              {person.methods.includes('fido2') && <Icon name="fingerprint" size={18} />}
              <Icon name="chevron-right" />
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
