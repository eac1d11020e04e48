import { describe, expect, it } from 'vitest';
import type { Door } from '#contracts/bridge/access.ts';
import { likelyRoad } from './key-road.ts';

const key = (status: Door['devices'][number]['status']) =>
  ({ id: '1', kind: 'key', name: 'Key', status }) as const;
const usb = (status: Door['roads'][number]['status']) => ({ road: 'usb', status }) as const;

describe('the road to a key', () => {
  it.each([
    ['a key in sight', [key('ready')], [usb('ready')], 'this-computer'],
    [
      'one in sight and one that Windows keeps',
      [key('not-usable-on-this-system'), key('ready')],
      [usb('ready')],
      'this-computer',
    ],
    ['a key that Windows keeps for itself', [key('not-usable-on-this-system')], [usb('ready')], 'browser'],
    ['a key without permission', [key('no-permission')], [usb('ready')], 'browser'],
    ['no key yet', [], [usb('ready')], 'this-computer'],
    ['devices that are still being looked for', [], [usb('starting')], 'this-computer'],
    ['no library', [], [usb('library-missing')], 'browser'],
    ['a build without real devices', [], [], 'browser'],
  ] as const)('%s', (_name, devices, roads, road) => {
    expect(likelyRoad({ devices: [...devices], roads: [...roads] }, true)).toBe(road);
    expect(likelyRoad({ devices: [...devices], roads: [...roads] }, false)).toBe('this-computer');
  });
});
