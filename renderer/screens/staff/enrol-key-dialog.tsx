import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { PersonAccess, Proof } from '#contracts/bridge/access.ts';
import { type AppError, appError } from '#contracts/errors.ts';
import type { Result } from '#contracts/result.ts';
import { fail } from '#contracts/result.ts';
import { DeviceNotes } from '../../access/device-notes.tsx';
import { useDoor } from '../../access/door.ts';
import { KeyPrompt } from '../../access/key-prompt.tsx';
import { describeKeyError } from '../../access/key-proof.tsx';
import { likelyRoad } from '../../access/key-road.ts';
import { PinForm } from '../../access/pin-form.tsx';
import { canAskKeys, makeKey } from '../../access/webauthn.ts';
import type { BridgeClient } from '../../bridge/client.ts';
import { useBridge } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { TextField } from '../../parts/field.tsx';
import { Notice } from '../../parts/notice.tsx';
import { Segmented } from '../../parts/segmented.tsx';
import { useWords } from '../../wording/words.ts';
import { OwnerProof } from './owner-proof.tsx';

interface EnrolKeyDialogProps {
  readonly person: PersonAccess;
  readonly isOwn: boolean;
  readonly hasSimulatedDevices: boolean;
  readonly onClose: () => void;
}

type Road = 'fido2' | 'browser' | 'simulated-key';
interface Enrolment {
  readonly person: PersonAccess['id'];
  readonly label: string;
  readonly proof: Proof | null;
}

/** Makes a key a person's way in: she shows that it is hers, names it, and touches it until it has proved itself. */
export function EnrolKeyDialog(props: EnrolKeyDialogProps): ReactNode {
  const { person, isOwn, hasSimulatedDevices, onClose } = props;
  const { t } = useWords();
  const [proof, setProof] = useState<Proof | null | undefined>(isOwn ? null : undefined);
  const [done, setDone] = useState<{ readonly needsSecond: boolean } | null>(null);
  return (
    <Dialog title={t('enrol-key.title', { person: person.name })} onClose={onClose}>
      {done !== null ? (
        <>
          <Notice kind="good" title={t('enrol-key.done')} />
          {done.needsSecond && (
            <Notice kind="warning" title={t('staff.needs-second')}>
              <p>{t('staff.needs-second-words')}</p>
            </Notice>
          )}
          <footer className="dialog-foot">
            <Button kind="primary" onClick={onClose}>
              {t('action.close')}
            </Button>
          </footer>
        </>
      ) : proof === undefined ? (
        <OwnerProof person={person} hasSimulatedDevices={hasSimulatedDevices} onProof={setProof} />
      ) : (
        <KeyMaking
          person={person}
          proof={proof}
          hasSimulatedDevices={hasSimulatedDevices}
          onProofRefused={() => setProof(isOwn ? null : undefined)}
          onDone={setDone}
          onClose={onClose}
        />
      )}
    </Dialog>
  );
}

interface KeyMakingProps {
  readonly person: PersonAccess;
  readonly proof: Proof | null;
  readonly hasSimulatedDevices: boolean;
  readonly onProofRefused: () => void;
  readonly onDone: (done: { needsSecond: boolean }) => void;
  readonly onClose: () => void;
}

function KeyMaking(props: KeyMakingProps): ReactNode {
  const { person, proof, hasSimulatedDevices, onProofRefused, onDone, onClose } = props;
  const { t } = useWords();
  const bridge = useBridge();
  const door = useDoor();
  const [label, setLabel] = useState('');
  const [wasTried, setTried] = useState(false);
  const [chosenRoad, setChosenRoad] = useState<Road | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<AppError | null>(null);
  const abort = useRef<AbortController | null>(null);
  const stop = () => {
    abort.current?.abort();
    abort.current = null;
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the dialog goes
  useEffect(() => stop, []);
  const touches = useTouches(door?.operation?.step ?? null, isBusy);

  const likely: Road = door !== null && likelyRoad(door, canAskKeys()) === 'browser' ? 'browser' : 'fido2';
  const road = chosenRoad ?? likely;
  const roads: readonly Road[] = [
    'fido2',
    ...(canAskKeys() ? (['browser'] as const) : []),
    ...(hasSimulatedDevices ? (['simulated-key'] as const) : []),
  ];
  const make = async (pin?: string) => {
    setTried(true);
    if (label.trim() === '') return document.getElementById('key-label')?.focus();
    setBusy(true);
    setFailure(null);
    const own = new AbortController();
    abort.current = own;
    own.signal.addEventListener('abort', () => void bridge.request('access.cancel', {}));
    const enrolment = { person: person.id, label: label.trim(), proof };
    const made =
      road === 'browser'
        ? await enrolByBrowser(bridge, enrolment, own.signal)
        : await bridge.request('keys.enrol', {
            ...enrolment,
            method: road,
            ...(pin === undefined ? {} : { pin }),
          });
    if (abort.current === own) abort.current = null;
    setBusy(false);
    if (made.ok) return onDone(made.value);
    if (own.signal.aborted || made.error.code === 'access.cancelled') return;
    setFailure(made.error);
    if (made.error.code === 'access.wrong-passphrase') onProofRefused();
  };
  const needsPin = failure?.code === 'access.pin-needed' || failure?.code === 'access.pin-not-right';

  return (
    <div className="dialog-form">
      <TextField
        id="key-label"
        label={t('enrol-key.label')}
        hint={t('enrol-key.label-hint')}
        maxLength={60}
        value={label}
        disabled={isBusy}
        error={wasTried && label.trim() === '' ? t('enrol-key.label-missing') : undefined}
        onChange={(event) => setLabel(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') void make();
        }}
      />
      {roads.length > 1 && !isBusy && (
        <Segmented
          name="key-road"
          label={t('enrol-key.road')}
          value={road}
          onChange={setChosenRoad}
          options={roads.map((value) => ({ value, label: t(`enrol-key.${value}`) }))}
        />
      )}
      <KeyPrompt
        isAsking={isBusy}
        road={road === 'browser' ? 'browser' : 'this-computer'}
        operation={door?.operation ?? null}
      />
      <p className="caption enrol-touches">
        {isBusy && touches > 0
          ? t('enrol-key.touch-number', { count: touches })
          : t(road === 'browser' ? 'enrol-key.touches-browser' : 'enrol-key.touches')}
      </p>
      {failure && <Notice kind="danger" title={describeKeyError(t, failure)} isUrgent />}
      {needsPin && <PinForm isBusy={isBusy} onPin={(pin) => void make(pin)} />}
      {door !== null && <DeviceNotes door={door} />}
      <footer className="dialog-foot">
        <Button onClick={isBusy ? stop : onClose}>{t('action.cancel')}</Button>
        {!needsPin && (
          <Button kind="primary" icon="fingerprint" isBusy={isBusy} onClick={() => void make()}>
            {t('enrol-key.submit')}
          </Button>
        )}
      </footer>
    </div>
  );
}

/** How many times the key has asked for a touch since the work began. */
function useTouches(step: string | null, isBusy: boolean): number {
  const [touches, setTouches] = useState(0);
  const isTouch = step === 'touch-now' || step === 'touch-again';
  useEffect(() => {
    if (!isBusy) setTouches(0);
    else if (isTouch) setTouches((count) => count + 1);
  }, [isBusy, isTouch]);
  return touches;
}

async function enrolByBrowser(
  bridge: BridgeClient,
  enrolment: Enrolment,
  signal: AbortSignal,
): Promise<Result<{ needsSecond: boolean }>> {
  const options = await bridge.request('keys.webauthn-begin', { person: enrolment.person });
  if (!options.ok) return options;
  const made = await makeKey(options.value, signal);
  if (!made.ok) return fail(appError(made.error));
  return await bridge.request('keys.webauthn-finish', {
    ...enrolment,
    ...made.value,
    salt: options.value.salt,
  });
}
