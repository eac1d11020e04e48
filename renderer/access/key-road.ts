import type { Door } from '#contracts/bridge/access.ts';

/** Who asks the key: the workstation, which sees it at this computer, or the browser through WebAuthn. */
export type KeyRoad = 'this-computer' | 'browser';

/**
 * The road on which a key is most likely reached. A key that the workstation holds goes first, because it shows how far it is. The
 * browser is asked where the workstation cannot see keys: no library, no permission, or a system that keeps keys for itself (DEV-7).
 */
export function likelyRoad(door: Pick<Door, 'devices' | 'roads'>, canAskBrowser: boolean): KeyRoad {
  if (!canAskBrowser) return 'this-computer';
  const keys = door.devices.filter(({ kind }) => kind === 'key');
  if (keys.some(({ status }) => status === 'ready')) return 'this-computer';
  if (keys.length > 0) return 'browser';
  const usb = door.roads.find(({ road }) => road === 'usb')?.status;
  return usb === 'ready' || usb === 'starting' ? 'this-computer' : 'browser';
}
