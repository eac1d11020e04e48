import { type FormEvent, type ReactNode, useState } from 'react';
import type { AppError } from '#contracts/errors.ts';
import { describeKeyError } from '../../access/key-proof.tsx';
import { Button } from '../../parts/button.tsx';
import { TextField } from '../../parts/field.tsx';
import { Notice } from '../../parts/notice.tsx';
import { useWords } from '../../wording/words.ts';
import type { EmergencyWay } from './emergency-way.ts';
import { emptyGroups, groupLength } from './paper-key.ts';
import { PaperKeyFields } from './paper-key-fields.tsx';

/** Opens by the paper key; whoever holds it says her name. */
export function ByPaper({ isBusy, onOpen }: EmergencyWay): ReactNode {
  const { t } = useWords();
  const [name, setName] = useState('');
  const [groups, setGroups] = useState(emptyGroups);
  const [failure, setFailure] = useState<AppError | null>(null);
  const [wasTried, setTried] = useState(false);
  const short = groups.flatMap((group, at) => (group.length < groupLength ? [at + 1] : []));
  const told = failure?.detail?.groups;
  const refused = Array.isArray(told) ? told.map(Number) : [];
  const wrong = wasTried && short.length > 0 ? short : refused;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    setFailure(null);
    if (name.trim() === '') return document.getElementById('emergency-name')?.focus();
    if (short.length > 0) return document.getElementById(`paper-group-${short[0]}`)?.focus();
    const failed = await onOpen((reason) => ({
      method: 'paper',
      code: groups.join('-'),
      name: name.trim(),
      reason,
    }));
    setFailure(failed);
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
        wrong={wrong}
        onChange={(changed) => {
          setGroups(changed);
          setFailure(null);
          setTried(false);
        }}
      />
      {failure && wrong.length === 0 && (
        <Notice kind="danger" title={describeKeyError(t, failure)} isUrgent />
      )}
      <Button kind="primary" type="submit" icon="shield" isBusy={isBusy} className="button-wide">
        {t('emergency-opening.submit')}
      </Button>
    </form>
  );
}
