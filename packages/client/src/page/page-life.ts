import type { PageOwner } from './page-owner.js';

/** What tells events: a window, a document, or what a test has instead. */
interface Source {
  addEventListener?(type: string, listener: (event: PageEvent) => void): void;
  removeEventListener?(type: string, listener: (event: PageEvent) => void): void;
}

interface PageEvent {
  /** Whether a page is kept as it is, or was. */
  readonly persisted?: boolean;
}

/** The two that tell of a page; a worker has no document. */
export interface PageSources {
  readonly window: Source;
  readonly document: (Source & { readonly visibilityState?: string }) | undefined;
}

const PAGE: PageSources = {
  window: globalThis as Source,
  document: typeof document === 'undefined' ? undefined : (document as Source),
};

/**
 * Tells of the life of the page. It is put aside whole, comes back, is shown again, or its network is
 * there again. Gives the function that ends it.
 */
export function watchPage(owner: PageOwner, { window, document }: PageSources = PAGE): () => void {
  const back = (): void => {
    owner.goOn();
    owner.wake();
  };
  const ends: (() => void)[] = [];
  const on = (source: Source | undefined, type: string, tell: (event: PageEvent) => void): void => {
    source?.addEventListener?.(type, tell);
    ends.push(() => source?.removeEventListener?.(type, tell));
  };
  on(document, 'visibilitychange', () => {
    if (document?.visibilityState === 'visible') back();
  });
  on(document, 'freeze', () => owner.rest());
  on(document, 'resume', back);
  // A page that is not kept has gone for good; its browser says so to the server.
  on(window, 'pagehide', ({ persisted }) => {
    if (persisted === true) owner.rest();
  });
  on(window, 'pageshow', ({ persisted }) => {
    if (persisted === true) back();
  });
  on(window, 'online', () => owner.wake());
  return () => {
    for (const end of ends) end();
  };
}
