import { createRequire } from 'node:module';
import * as v from 'valibot';
import type { LevelStore } from './pouchdb-shapes.ts';

/** The LevelDB that PouchDB itself brings. */
const ofPouch = createRequire(createRequire(import.meta.url).resolve('pouchdb'));
const LevelSchema = v.custom<(location: string) => LevelStore>((value) => typeof value === 'function');
const level = v.parse(LevelSchema, ofPouch('leveldown'));

/**
 * LevelDB that forces every write to the disk before it answers. PouchDB writes through levelup without `sync`, which LevelDB
 * takes as: the operating system may keep it in memory; a power cut loses what was answered "ok". A program that lives on
 * PouchDB and has to keep what it calls saved would have to do this.
 */
export function durableLevel(location: string): LevelStore {
  const store = level(location);
  const batch = store._batch.bind(store);
  const put = store._put.bind(store);
  const del = store._del.bind(store);
  store._batch = (operations, options, done) => batch(operations, { ...options, sync: true }, done);
  store._put = (key, value, options, done) => put(key, value, { ...options, sync: true }, done);
  store._del = (key, options, done) => del(key, { ...options, sync: true }, done);
  return store;
}
