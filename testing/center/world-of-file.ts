import { afterAll, beforeAll } from 'vitest';
import { type CenterWorld, startWorld } from './center-world.ts';
import { type Office, openOffice, type SharingWorld, startSharingWorld } from './sharing-world.ts';
import { connectTwo, type WelcomedTwo } from './wire-client-two.ts';

/**
 * For all tests of a file: a center, and a workstation of facility A that is connected to it. `begin` is given both before the
 * first test; they are closed after the last, or what of them could be opened.
 */
export function withConnectedClient(
  begin: (began: { readonly world: CenterWorld; readonly client: WelcomedTwo }) => void,
): void {
  let world: CenterWorld | undefined;
  let client: WelcomedTwo | undefined;
  beforeAll(async () => {
    world = await startWorld();
    client = await connectTwo(world.center.url, await world.enrol());
    begin({ world, client });
  });
  afterAll(async () => {
    await client?.close();
    await world?.close();
  });
}

/** The same with the tables of a center and one office on them, whose courier works by itself. */
export function withOneOffice(
  begin: (began: { readonly world: SharingWorld; readonly office: Office }) => void,
): void {
  let world: SharingWorld | undefined;
  let office: Office | undefined;
  beforeAll(async () => {
    world = await startSharingWorld();
    office = openOffice(world);
    begin({ world, office });
  });
  afterAll(async () => {
    await office?.sharing.courier.close();
    await world?.close();
  });
}
