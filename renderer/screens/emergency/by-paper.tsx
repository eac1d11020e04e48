import { type FormEvent, type ReactNode, useState } from 'react';
import type { AppError } from '#contracts/errors.ts';
import { Button } from '../../parts/button.tsx';
import { TextField } from '../../parts/field.tsx';
import { Notice } from '../../parts/notice.tsx';
import { type Translate, useWords } from '../../wording/words.ts';
import { describeOpeningError, type EmergencyWay } from './emergency-way.ts';
import { emptyGroups, shortGroups } from './paper-key.ts';
import { focusGroup, PaperKeyFields } from './paper-key-fields.tsx';

/** Opens by the paper key; whoever holds it says her name. */
export function ByPaper({ isBusy, onTry, onOpen }: EmergencyWay): ReactNode {
  const { t } = useWords();
  const [name, setName] = useState('');
  const [groups, setGroups] = useState(emptyGroups);
  const [failure, setFailure] = useState<AppError | null>(null);
  const [wasTried, setTried] = useState(false);
  /** Groups with a slip, until each is typed again. */
  const [refused, setRefused] = useState<readonly number[]>([]);
  const short = wasTried ? shortGroups(groups) : [];
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    setFailure(null);
    setRefused([]);
    if (!onTry()) return;
    if (name.trim() === '') return document.getElementById('emergency-name')?.focus();
    const [firstShort] = shortGroups(groups);
    if (firstShort !== undefined) return focusGroup(firstShort);
    const failed = await onOpen((reason) => ({
      method: 'paper',
      code: groups.join('-'),
      name: name.trim(),
      reason,
    }));
    const wrong = groupsOf(failed);
    setFailure(failed);
    setRefused(wrong);
    if (wrong[0] !== undefined) focusGroup(wrong[0]);
  };
  return (
    <form className="emergency-way" onSubmit={(event) => void submit(event)} noValidate>
      <TextField
        id="emergency-name"
        label={t('emergency-opening.name')}
        maxLength={120}
        value={name}
        error={wasTried && name.trim() === '' ? t('emergency-opening.name-missing') : undefined}
        onChange={(event) => setName(event.target.value)}
      />
      <PaperKeyFields
        groups={groups}
        wrong={short.length > 0 ? short : refused}
        error={
          short.length > 0
            ? t('paper-key.not-full', { groups: short.join(', ') })
            : refused.length > 0
              ? t('paper-key.wrong-groups', { groups: refused.join(', ') })
              : undefined
        }
        onChange={(changed) => {
          setRefused(refused.filter((number) => changed[number - 1] === groups[number - 1]));
          setGroups(changed);
          setFailure(null);
          setTried(false);
        }}
      />
      {failure && refused.length === 0 && (
        <Notice kind="danger" title={describePaperError(t, failure)} isUrgent />
      )}
      <Button kind="primary" type="submit" icon="shield" isBusy={isBusy} className="button-wide">
        {t('emergency-opening.submit')}
      </Button>
    </form>
  );
}

/** The groups that the workstation says have a slip, counted from 1. */
function groupsOf(failure: AppError | null): readonly number[] {
  const told = failure?.detail?.groups;
  return Array.isArray(told) ? told.map(Number) : [];
}

/** Each group is right by itself and the key is not: it is another sheet, and comparing would not help. */
const describePaperError = (t: Translate, failure: AppError): string =>
  failure.code === 'access.paper-key-wrong' ? t('paper-key.another-sheet') : describeOpeningError(t, failure);
