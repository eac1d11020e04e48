/** Listeners of one kind of news. */
export interface Told<News> {
  /** Returns a function that ends it. */
  readonly on: (told: (news: News) => void) => () => void;
  readonly tell: (news: News) => void;
}

export function createTold<News = void>(): Told<News> {
  const listeners = new Set<(news: News) => void>();
  return {
    on: (told) => {
      listeners.add(told);
      return () => listeners.delete(told);
    },
    tell: (news) => {
      for (const told of [...listeners]) told(news);
    },
  };
}
