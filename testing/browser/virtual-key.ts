import type { Page } from 'playwright-core';
import * as v from 'valibot';

/** A key that Chromium itself plays, with a user who is verified at each touch and the `prf` extension. */
export interface VirtualKey {
  /** From now on its owner's finger is not recognised. */
  refuseUser(): Promise<void>;
  /** Pulled out; what it knew is gone. */
  remove(): Promise<void>;
}

const MadeSchema = v.object({ authenticatorId: v.string() });

/** Plugs one in at the page's browser (WebAuthn domain of the DevTools protocol). */
export async function addVirtualKey(page: Page): Promise<VirtualKey> {
  const debug = await page.context().newCDPSession(page);
  await debug.send('WebAuthn.enable');
  const { authenticatorId } = v.parse(
    MadeSchema,
    await debug.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        ctap2Version: 'ctap2_1',
        transport: 'usb',
        hasUserVerification: true,
        isUserVerified: true,
        hasPrf: true,
        automaticPresenceSimulation: true,
      },
    }),
  );
  return {
    refuseUser: async () => {
      await debug.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
    },
    remove: async () => {
      await debug.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId });
    },
  };
}
