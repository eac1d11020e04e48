import type { ReactNode } from 'react';
import type { Door } from '#contracts/bridge/access.ts';
import { Icon } from '../parts/icons.tsx';
import { type Translate, useWords } from '../wording/words.ts';
import { canAskKeys } from './webauthn.ts';

/** One line for each thing that keeps keys and readers from working, with what to do. Nothing while all is well. */
export function DeviceNotes({ door }: { readonly door: Door }): ReactNode {
  const { t } = useWords();
  const notes = deviceNotes(t, door, canAskKeys());
  if (notes.length === 0) return null;
  return (
    <ul className="device-notes">
      {notes.map((note) => (
        <li key={note}>
          <Icon name="info" size={16} />
          {note}
        </li>
      ))}
    </ul>
  );
}

function deviceNotes(t: Translate, door: Door, canAskBrowser: boolean): readonly string[] {
  const devices = door.devices
    .filter(({ status }) => status !== 'ready')
    // The browser asks such keys: nothing is to be done.
    .filter(({ status }) => !(canAskBrowser && status === 'not-usable-on-this-system'))
    .map(({ name, kind, status }) =>
      t(`device-status.${status}`, { name: name === '' ? t(`device.${kind}`) : name }),
    );
  const roads = door.roads
    .filter(
      ({ road, status }) =>
        status === 'library-missing' ||
        status === 'system-too-old' ||
        (road === 'usb' && status === 'failed'),
    )
    .map(({ road, status }) => t(`device-road.${road}-${status}`));
  return [...new Set([...devices, ...roads])];
}
