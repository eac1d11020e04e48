import { registerHooks } from 'node:module';
import { addRxPlugin } from 'rxdb';
import { RxDBAttachmentsPlugin } from 'rxdb/plugins/attachments';
import { disableWarnings, RxDBDevModePlugin } from 'rxdb/plugins/dev-mode';
import { RxDBLocalDocumentsPlugin } from 'rxdb/plugins/local-documents';

const standIns: Readonly<Record<string, string>> = {
  'async-test-util': new URL('./async-test-util.ts', import.meta.url).href,
  clone: new URL('./clone.ts', import.meta.url).href,
};

/** RxDB's own suites, as published in `rxdb/plugins/test-utils`. */
export async function loadRxdbTestUtils(): Promise<typeof import('rxdb/plugins/test-utils')> {
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      const standIn = standIns[specifier];
      const isForRxdb = context.parentURL?.includes('/rxdb/dist/') === true;
      return standIn !== undefined && isForRxdb
        ? { url: standIn, shortCircuit: true }
        : next(specifier, context);
    },
  });
  const utilities = await import('rxdb/plugins/test-utils');
  hooks.deregister();
  return utilities;
}

/**
 * Switches on what the replication suite needs: attachments, local documents, and RxDB's development mode (it opens
 * databases of one name twice), which in Node loads nothing from outside: its iframe is for browsers.
 */
export function addPluginsOfReplicationSuite(): void {
  disableWarnings();
  addRxPlugin(RxDBDevModePlugin);
  addRxPlugin(RxDBLocalDocumentsPlugin);
  addRxPlugin(RxDBAttachmentsPlugin);
}
