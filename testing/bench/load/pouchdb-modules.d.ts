declare module 'pouchdb' {
  import type { Pouch } from '#testing/bench/load/pouchdb-shapes.ts';

  const PouchDB: Pouch;
  export = PouchDB;
}

declare module 'express-pouchdb' {
  import type { ServePouch } from '#testing/bench/load/pouchdb-shapes.ts';

  const serve: ServePouch;
  export = serve;
}

declare module 'express' {
  import type { Application } from '#testing/bench/load/pouchdb-shapes.ts';

  const express: () => Application;
  export = express;
}
