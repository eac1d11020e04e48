import {
  getChangedDocumentsSince,
  type RxCollection,
  type RxStorage,
  rxStorageInstanceToReplicationHandler,
} from 'rxdb';
import { type RxReplicationState, replicateRxCollection } from 'rxdb/plugins/replication';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { wrappedValidateAjvStorage } from 'rxdb/plugins/validate-ajv';
import { Subject } from 'rxjs';
import { afterAll, describe, it } from 'vitest';
import { addPluginsOfReplicationSuite, loadRxdbTestUtils } from './rxdb-test-utils/load.ts';
import { openSqlcipherStorage } from './temporary-replica.ts';

const rxdb = await loadRxdbTestUtils();
addPluginsOfReplicationSuite();
// RxDB's suites are written for mocha.
Object.assign(globalThis, { describe, it });

const sqlcipher = openSqlcipherStorage(true);
afterAll(() => sqlcipher.close());

const storages: readonly (readonly [name: string, storage: RxStorage<unknown, unknown>])[] = [
  ['sqlcipher', sqlcipher.storage],
  ['memory', getRxStorageMemory()],
];

for (const [name, storage] of storages) {
  describe(`RxDB's own suites on ${name}`, () => {
    describe('replication', () => {
      let server: RxCollection | undefined;
      const serverCollection = () => {
        if (server === undefined) throw new Error('no server');
        return server;
      };
      const useStorage = () => {
        const validated = wrappedValidateAjvStorage({ storage });
        rxdb.setConfig({
          storage: {
            name,
            getStorage: () => validated,
            getPerformanceStorage: () => ({ storage, description: name }),
            hasPersistence: name === 'sqlcipher',
            hasMultiInstance: false,
            hasAttachments: true,
            hasReplication: true,
          },
        });
      };
      rxdb.runReplicationBaseTestSuite({
        startReplication: (collection) => replicate(collection, serverCollection(), true),
        syncOnce: (collection) => syncOnce(collection, serverCollection()),
        syncOnceWithAttachments: (collection) => syncOnce(collection, serverCollection()),
        getAllServerDocs: async () => {
          const { documents } = await getChangedDocumentsSince(serverCollection().storageInstance, 1_000);
          return documents;
        },
        cleanUpServer: async () => {
          useStorage();
          await server?.database.remove();
          server = await rxdb.humansCollection.createAttachments(0, 'server', false);
        },
        softDeletes: true,
        isDeleted: (document) => document._deleted,
        getPrimaryOfServerDoc: (document) => document.passportId,
      });
      afterAll(async () => {
        await server?.database.remove();
      });
    });
  });
}

/** Replicates with the collection `server` plays, through RxDB's own protocol. */
function replicate(
  collection: RxCollection,
  server: RxCollection,
  live: boolean,
): RxReplicationState<unknown, unknown> {
  const handler = rxStorageInstanceToReplicationHandler(
    server.storageInstance,
    server.conflictHandler,
    server.database.token,
  );
  const stream = new Subject<never>();
  const subscription = handler.masterChangeStream$.subscribe((change) => stream.next(change as never));
  collection.onClose.push(() => subscription.unsubscribe());
  return replicateRxCollection({
    replicationIdentifier: `suite-${server.database.name}`,
    collection,
    live,
    waitForLeadership: false,
    retryTime: 100,
    pull: {
      handler: (checkpoint, limit) => handler.masterChangesSince(checkpoint as never, limit),
      stream$: stream,
    },
    push: {
      handler: async (rows) => {
        const conflicts = await handler.masterWrite(rows as never);
        return Promise.all(conflicts.map((document) => withAttachmentData(server, document)));
      },
    },
  });
}

async function syncOnce(collection: RxCollection, server: RxCollection): Promise<void> {
  const state = replicate(collection, server, false);
  rxdb.ensureReplicationHasNoErrors(state);
  await state.awaitInitialReplication();
}

/** A server answers a conflict with the whole of its version; RxDB's protocol leaves the attachments' data to it. */
async function withAttachmentData<Document extends object>(
  server: RxCollection,
  document: Document,
): Promise<Document> {
  const attachments: Record<string, { digest: string }> = Reflect.get(document, '_attachments') ?? {};
  const id = String(Reflect.get(document, server.schema.primaryPath));
  const filled = await Promise.all(
    Object.entries(attachments).map(async ([name, stub]) => {
      const data = await server.storageInstance.getAttachmentData(id, name, stub.digest);
      return [name, { ...stub, data }] as const;
    }),
  );
  return { ...document, _attachments: Object.fromEntries(filled) };
}
