import { type FormEvent, type ReactNode, useState } from 'react';
import type { Door, Proof } from '#contracts/bridge/access.ts';
import type { RequestInput } from '#contracts/bridge/requests.ts';
import type { WorkstationState } from '#contracts/bridge/views.ts';
import type { AppError } from '#contracts/errors.ts';
import { KeyPrompt } from '../../access/key-prompt.tsx';
import { describeKeyError } from '../../access/key-proof.tsx';
import { useShortcuts } from '../../app/shortcuts.ts';
import { useBridge, useRequest } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { TextField } from '../../parts/field.tsx';
import { Icon } from '../../parts/icons.tsx';
import { Notice } from '../../parts/notice.tsx';
import { Segmented } from '../../parts/segmented.tsx';
import { useWords } from '../../wording/words.ts';
import { HolderProof } from './holder-proof.tsx';
import { emptyGroups, groupLength } from './paper-key.ts';
import { PaperKeyFields } from './paper-key-fields.tsx';
import './emergency.css';

interface EmergencyOpeningProps {
  readonly state: WorkstationState;
  readonly door: Door;
  readonly onLeave: () => void;
}

type Input = RequestInput<'session.break-glass'>;

/** Opens without anybody's own way in: by the paper key or two people, with a reason, and everybody will know of it. */
export function EmergencyOpening({ state, door, onLeave }: EmergencyOpeningProps): ReactNode {
  const { t } = useWords();
  const canTwo = door.holders.length > 1;
  const [method, setMethod] = useState<'paper' | 'two'>(door.hasPaperKey ? 'paper' : 'two');
  const [reason, setReason] = useState('');
  const [wasTried, setTried] = useState(false);
  const opening = useRequest('session.break-glass');
  const bridge = useBridge();
  const leave = () => {
    if (opening.isBusy) void bridge.request('access.cancel', {});
    onLeave();
  };
  useShortcuts({ Escape: leave });
  const reasonError = wasTried && reason.trim() === '' ? t('emergency-opening.reason-missing') : undefined;
  const submit = async (part: (reason: string) => Input): Promise<AppError | null> => {
    setTried(true);
    if (reason.trim() === '') {
      document.getElementById('emergency-opening-reason')?.focus();
      return null;
    }
    const outcome = await opening.send(part(reason.trim()));
    return outcome.ok ? null : outcome.error;
  };

  return (
    <section className="emergency" aria-labelledby="emergency-title">
      <h1 id="emergency-title">{t('emergency-opening.title')}</h1>
      <Notice kind="warning" title={t('emergency-opening.recorded')}>
        <p>{t('emergency-opening.recorded-words')}</p>
      </Notice>
      {door.hasPaperKey && canTwo && (
        <Segmented
          name="emergency-method"
          label={t('emergency-opening.how')}
          value={method}
          onChange={setMethod}
          options={(['paper', 'two'] as const).map((value) => ({
            value,
            label: t(`emergency-opening.by-${value}`),
          }))}
        />
      )}
      <TextField
        id="emergency-opening-reason"
        label={t('emergency-opening.reason')}
        maxLength={200}
        value={reason}
        error={reasonError}
        onChange={(event) => setReason(event.target.value)}
      />
      {method === 'paper' ? (
        <ByPaper isBusy={opening.isBusy} onOpen={submit} />
      ) : (
        <ByTwo state={state} door={door} isBusy={opening.isBusy} onOpen={submit} />
      )}
      <button type="button" className="text-button unlock-back" onClick={leave}>
        <Icon name="arrow-left" size={18} />
        {t('emergency-opening.leave')}
      </button>
    </section>
  );
}

interface WayProps {
  readonly isBusy: boolean;
  readonly onOpen: (part: (reason: string) => Input) => Promise<AppError | null>;
}

function ByPaper({ isBusy, onOpen }: WayProps): ReactNode {
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

interface Shown {
  readonly person: WorkstationState['people'][number];
  readonly proof: Proof;
}

function ByTwo(props: WayProps & { readonly state: WorkstationState; readonly door: Door }): ReactNode {
  const { state, door, isBusy, onOpen } = props;
  const { t } = useWords();
  const [shown, setShown] = useState<readonly Shown[]>([]);
  const [failure, setFailure] = useState<AppError | null>(null);
  const holders = state.people.filter(({ id }) => door.holders.includes(id));
  const [first, second] = shown;
  const open = async (one: Shown, other: Shown) => {
    setFailure(null);
    const failed = await onOpen((reason) => ({
      method: 'two',
      first: { person: one.person.id, proof: one.proof },
      second: { person: other.person.id, proof: other.proof },
      reason,
    }));
    setFailure(failed);
    // Proofs are used once: after a failure both show themselves again.
    if (failed !== null) setShown([]);
  };
  return (
    <div className="emergency-way">
      <ol className="emergency-two">
        {[first, second].map((each, at) => (
          <li key={at === 0 ? 'first' : 'second'} className={each ? 'emergency-shown' : ''}>
            <Icon name={each ? 'check-circle' : 'user'} />
            {each ? each.person.name : t(at === 0 ? 'emergency-opening.first' : 'emergency-opening.second')}
          </li>
        ))}
      </ol>
      {failure && <Notice kind="danger" title={describeKeyError(t, failure)} isUrgent />}
      {first !== undefined && second !== undefined ? (
        <>
          {isBusy && door.operation !== null && (
            <KeyPrompt isAsking road="this-computer" operation={door.operation} />
          )}
          <Button
            kind="primary"
            icon="shield"
            isBusy={isBusy}
            className="button-wide"
            onClick={() => void open(first, second)}
          >
            {t('emergency-opening.submit')}
          </Button>
        </>
      ) : (
        <HolderProof
          key={shown.length}
          people={holders.filter(({ id }) => id !== first?.person.id)}
          hasSimulatedDevices={state.hasSimulatedDevices}
          onShown={(person, proof) => setShown([...shown, { person, proof }])}
        />
      )}
    </div>
  );
}
