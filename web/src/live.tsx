import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { get } from './api/client';
import type { ApiError } from './api/client';
import type { Overview } from './api/types';

export type Line = 'connecting' | 'live' | 'lost';
type Live = { overview?: Overview; line: Line; error?: ApiError; reload: () => void };

const Context = createContext<Live>({ line: 'connecting', reload: () => undefined });
const RETRY_MS = 5000;

// LiveProvider keeps one stream open for the whole console; the overview and
// the header read the same numbers.
export function LiveProvider({ children }: { children: ReactNode }) {
  const [overview, setOverview] = useState<Overview>();
  const [line, setLine] = useState<Line>('connecting');
  const [error, setError] = useState<ApiError>();
  const [turn, setTurn] = useState(0);

  useEffect(() => {
    const abort = new AbortController();
    get<Overview>('/api/overview', abort.signal).then(
      (o) => {
        setError(undefined);
        setOverview((shown) => (shown && shown.now > o.now ? shown : o));
      },
      (e: unknown) => {
        if (!abort.signal.aborted) setError(e as ApiError);
      },
    );
    return () => abort.abort();
  }, [turn]);

  useEffect(() => {
    let source: EventSource | undefined;
    let timer: number | undefined;
    const open = () => {
      source = new EventSource('/api/live');
      source.onopen = () => setLine('live');
      source.addEventListener('tick', (e) => {
        setLine('live');
        setError(undefined);
        try {
          setOverview(JSON.parse((e as MessageEvent<string>).data) as Overview);
        } catch {
          setLine('lost'); // half a tick: the next one is whole
        }
      });
      source.onerror = () => {
        setLine('lost');
        // The browser reconnects by itself unless the answer was a refusal.
        if (source?.readyState === EventSource.CLOSED) timer = window.setTimeout(open, RETRY_MS);
      };
    };
    open();
    return () => {
      window.clearTimeout(timer);
      source?.close();
    };
  }, []);

  const live = useMemo<Live>(() => ({ overview, line, error, reload: () => setTurn((n) => n + 1) }), [overview, line, error]);
  return <Context.Provider value={live}>{children}</Context.Provider>;
}

export function useLive(): Live {
  return useContext(Context);
}
