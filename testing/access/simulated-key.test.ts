import { createSimulatedKey, type SimulatedTouch } from '#access/simulated/simulated-key.ts';
import { systemRandom } from '#workstation/system-effects.ts';
import { credentialDeviceSuite, type DeviceBench } from './credential-device-suite.ts';

credentialDeviceSuite('simulated key', () => {
  let next: Parameters<DeviceBench['owner']>[0] = 'right-finger';
  const waitForTouch = (signal: AbortSignal): Promise<SimulatedTouch> =>
    next === 'never'
      ? new Promise((resolve) => signal.addEventListener('abort', () => resolve('nothing')))
      : Promise.resolve(next);
  const device = createSimulatedKey({ seed: systemRandom.bytes(32), random: systemRandom, waitForTouch });
  return {
    device,
    owner: (behaviour) => {
      next = behaviour;
    },
    unplug: device.unplug,
  };
});
