import type { News, NewsBus } from './bus.ts';

/** Carries news within one process, for a center that is the only one on its database. */
export function createLocalNews(): NewsBus {
  const listeners = new Set<(news: News) => void>();
  return {
    publish: (news) => {
      for (const hear of [...listeners]) hear(news);
    },
    listen: (hear) => {
      listeners.add(hear);
      return () => listeners.delete(hear);
    },
    ready: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
