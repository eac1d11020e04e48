// Part of the release roots: this machine's own keys, readers and scanners.
import type { OpenShelf } from '#access/devices/open-shelf.ts';
import { openSystemShelf } from '#access/devices/real-shelf.ts';
import { systemRandom, systemTimers } from './system-effects.ts';

/** Begins to look for devices, without holding up the start. */
export const openMachineDevices = (): OpenShelf =>
  openSystemShelf({ timers: systemTimers, random: systemRandom, now: () => performance.now() });
