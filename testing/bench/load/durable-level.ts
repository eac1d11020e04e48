import leveldown from 'leveldown';

/**
 * LevelDB that forces every write to the disk before it answers. PouchDB writes through levelup without `sync`, which LevelDB
 * takes as: the operating system may keep it in memory; a power cut loses what was answered "ok". A program that lives on
 * PouchDB and has to keep what it calls saved would have to do this.
 */
export function durableLevel(location: string): ReturnType<typeof leveldown> {
  const store = leveldown(location);
  const batch = store._batch.bind(store);
  const put = store._put.bind(store);
  const del = store._del.bind(store);
  store._batch = (operations, options, done) => batch(operations, { ...options, sync: true }, done);
  store._put = (key, value, options, done) => put(key, value, { ...options, sync: true }, done);
  store._del = (key, options, done) => del(key, { ...options, sync: true }, done);
  return store;
}
