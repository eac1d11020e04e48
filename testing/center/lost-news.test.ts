import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CenterWorld, startWorld } from './center-world.ts';
import { connectTwo } from './wire-client-two.ts';

let world: CenterWorld;

beforeAll(async () => {
  world = await startWorld({ limits: { pingMs: 50, refreshMs: 100 } });
});
afterAll(async () => {
  await world?.close();
});

it.each(['revoked_at', 'cloned_at', 'wipe_ordered_at'])(
  'GAT-5: a device does not stay connected when the news of its %s was lost',
  async (column) => {
    const identity = await world.enrol();
    const client = await connectTwo(world.center.url, identity);
    const staying = await connectTwo(world.center.url, await world.enrol());
    await world.sql.query(`update device set ${column} = 1 where id = $1`, [identity.device]);
    await client.closed;
    expect(await staying.digest()).toMatchObject({ type: 'digests' });
    await staying.close();
  },
);

it('GAT-5: a process meets the new epoch of a restored center although it did not hear of it', async () => {
  const identity = await world.enrol();
  const client = await connectTwo(world.center.url, identity);
  const epoch = randomUUID();
  await world.sql.query('update center set epoch = $1', [epoch]);
  expect(await client.next('refused')).toMatchObject({ retry: true });
  const again = await connectTwo(world.center.url, identity);
  expect(again.welcome.epoch).toBe(epoch);
  await again.close();
});
