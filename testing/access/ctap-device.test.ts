import { systemRandom, systemTimers } from '#workstation/system-effects.ts';
import { openCtapBench } from '../virtual-key/ctap-bench.ts';
import {
  ctap21Profile,
  fingerOnlyProfile,
  previewProfile,
  protocol1Profile,
} from '../virtual-key/profiles.ts';
import { credentialDeviceSuite } from './credential-device-suite.ts';

const profiles = {
  'CTAP 2.1, protocol 2': ctap21Profile,
  'CTAP 2.1, protocol 1': protocol1Profile,
  'FIDO_2_1_PRE, options.uv': previewProfile,
  'without PIN': fingerOnlyProfile,
};

for (const [name, profile] of Object.entries(profiles)) {
  credentialDeviceSuite(`CTAP key, ${name}`, async () => {
    const bench = await openCtapBench({ random: systemRandom, timers: systemTimers, profile });
    return {
      device: bench.key,
      owner: (next) => {
        if (next === 'never') bench.owner('never');
        else bench.owner({ finger: next === 'right-finger' ? 'right index' : 'left thumb' });
      },
      unplug: bench.pipe.unplug,
    };
  });
}
