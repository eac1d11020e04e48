import * as v from 'valibot';
import type { Session, Statement } from './database.ts';

const readSettings: Statement = {
  name: 'durable-settings',
  text: `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commits`,
};
const SettingsSchema = v.object({ fsync: v.string(), commits: v.string() });

/** Throws if the database acknowledges commits that a power cut can take back: then no "received" would be true. */
export async function requireDurableCommits(session: Session): Promise<void> {
  const [settings] = await session.rows(readSettings, SettingsSchema, []);
  if (settings?.fsync !== 'on' || settings.commits === 'off') {
    throw new Error(
      'This PostgreSQL runs with fsync or synchronous_commit off; the center does not trust it.',
    );
  }
}
