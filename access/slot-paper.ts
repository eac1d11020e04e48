import type { SlotsEnvironment } from './credential-slots.ts';
import { derive } from './key-wrapping.ts';
import { randomUuid } from './random-uuid.ts';
import type { Secret } from './secret.ts';
import { paperKeyBinding } from './slot-binding.ts';
import { doorKey, openBehind, publicDoor, sealBehind } from './slot-door.ts';
import { fromBase64, toBase64 } from './slot-field.ts';
import type { SlotList } from './slot-file-format.ts';

/** The list that opens with this paper key, and with none before it. */
export function withPaperKey(
  { random, clock }: SlotsEnvironment,
  list: SlotList,
  dataKey: Secret,
  key: Secret,
): SlotList {
  const salt = random.bytes(16);
  const id = randomUuid(random);
  using privateDoor = paperDoor(key, salt);
  const door = publicDoor(privateDoor);
  const paperKey = {
    id,
    madeAt: Math.max(0, Math.floor(clock.now())),
    salt: toBase64(salt),
    door: toBase64(door),
    dataKey: toBase64(sealBehind(door, dataKey, paperKeyBinding(list, id), random)),
  };
  return { ...list, paperKey, isRotationDue: list.isRotationDue || list.paperKey !== null };
}

/** The data key by the paper key; undefined when it is another one. */
export function openByPaper({ paperKey, ...list }: SlotList, key: Secret): Secret | undefined {
  if (paperKey === null) return undefined;
  using door = paperDoor(key, fromBase64(paperKey.salt));
  return openBehind(door, fromBase64(paperKey.dataKey), paperKeyBinding(list, paperKey.id));
}

function paperDoor(key: Secret, salt: Uint8Array): Secret {
  using secret = derive(key, 'hamshira paper slot v2', salt);
  return doorKey(secret);
}
