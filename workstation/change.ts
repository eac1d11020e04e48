import type { CommitNotice } from '#clinic/ports/replica.ts';

/** Something that may change what a screen shows. */
export type Change =
  /** Phase, session, people, facility or clock error. */
  | { readonly kind: 'state' }
  /** The session ended: locked, or another person took over. */
  | { readonly kind: 'session-ended' }
  | { readonly kind: 'commit'; readonly notice: CommitNotice }
  | { readonly kind: 'exchange' }
  /** Keys, cards, scanners, or how far a key is. */
  | { readonly kind: 'door' }
  /** A new day began at the clinic. */
  | { readonly kind: 'day' };

/** Tells many listeners. A listener that throws does not keep the others from hearing. */
export interface Announcer<News> {
  tell(news: News): void;
  onNews(told: (news: News) => void): () => void;
}

/** Makes an announcer; what a listener throws goes to `onFailure`. */
export function createAnnouncer<News>(onFailure: (error: unknown) => void): Announcer<News> {
  const listeners = new Set<(news: News) => void>();
  return {
    tell: (news) => {
      for (const told of [...listeners]) {
        try {
          told(news);
        } catch (error) {
          onFailure(error);
        }
      }
    },
    onNews: (told) => {
      // One entry per call, so that ending one subscription never ends another with the same function.
      const listener = (news: News) => told(news);
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
