import type { Page } from 'playwright-core';

/** Everything in this origin's IndexedDB, as text. */
export const everythingStored = async (page: Page): Promise<string> =>
  await page.evaluate(async () => {
    const texts: string[] = [];
    const settled = <Value>(request: IDBRequest<Value>) =>
      new Promise<Value>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    for (const { name } of await indexedDB.databases()) {
      if (name === undefined) continue;
      const database = await settled(indexedDB.open(name));
      for (const store of database.objectStoreNames) {
        const rows = await settled(database.transaction(store).objectStore(store).getAll());
        texts.push(name, store, ...rows.map((row) => JSON.stringify(row)));
      }
      database.close();
    }
    return texts.join('\n');
  });

/** How many drafts lie on the disk, sealed. */
export const draftCount = async (page: Page): Promise<number> =>
  (await everythingStored(page)).match(/"sealed":"/g)?.length ?? 0;
