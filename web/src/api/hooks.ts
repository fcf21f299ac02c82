import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiError, get, list, query } from './client';
import type { Page } from './types';

export type Loaded<T> = {
  data?: T;
  error?: ApiError;
  loading: boolean;
  reload: () => void;
};

export function asError(e: unknown): ApiError {
  return e instanceof ApiError ? e : new ApiError(0, e instanceof Error ? e.message : String(e));
}

// useApi loads one path. What was loaded for another path is dropped at once;
// a reload of the same path keeps what is shown until the new answer is here.
export function useApi<T>(path: string | undefined): Loaded<T> {
  const [state, setState] = useState<{ path?: string; data?: T; error?: ApiError }>({});
  const [turn, setTurn] = useState(0);

  useEffect(() => {
    if (!path) return;
    const abort = new AbortController();
    get<T>(path, abort.signal).then(
      (data) => setState({ path, data }),
      (e: unknown) => {
        if (!abort.signal.aborted) setState((s) => ({ path, data: s.path === path ? s.data : undefined, error: asError(e) }));
      },
    );
    return () => abort.abort();
  }, [path, turn]);

  const current = state.path === path ? state : {};
  return {
    data: current.data,
    error: current.error,
    loading: !!path && !current.data && !current.error,
    reload: useCallback(() => setTurn((n) => n + 1), []),
  };
}

export type Paged<T> = {
  items: T[];
  error?: ApiError;
  loading: boolean;
  more: boolean;
  loadMore: () => void;
  reload: () => void;
};

// usePages walks a list that answers {items, next}; `next` is handed back as
// `before`. undefined as path loads nothing.
export function usePages<T>(path: string | undefined, params: Record<string, string | number | boolean | undefined>, size = 50): Paged<T> {
  const key = path ? path + query({ ...params, limit: size }) : undefined;
  type State = { key?: string; items: T[]; next?: string | number; error?: ApiError; busy: boolean };
  const [state, setState] = useState<State>({ items: [], busy: true });
  const [turn, setTurn] = useState(0);
  const latest = useRef(key);
  latest.current = key;

  useEffect(() => {
    if (!key) return;
    const abort = new AbortController();
    get<Page<T>>(key, abort.signal).then(
      (p) => setState({ key, items: list(p.items), next: p.next, busy: false }),
      (e: unknown) => {
        if (!abort.signal.aborted) setState({ key, items: [], error: asError(e), busy: false });
      },
    );
    return () => abort.abort();
  }, [key, turn]);

  const current: State = state.key === key ? state : { items: [], busy: !!key };

  const loadMore = () => {
    if (!key || !current.next || current.busy) return;
    setState({ ...current, key, busy: true });
    get<Page<T>>(`${key}&before=${encodeURIComponent(String(current.next))}`).then(
      (p) => {
        if (latest.current === key) setState({ key, items: [...current.items, ...list(p.items)], next: p.next, busy: false });
      },
      (e: unknown) => {
        if (latest.current === key) setState({ ...current, key, error: asError(e), busy: false });
      },
    );
  };

  return {
    items: current.items,
    error: current.error,
    loading: current.busy,
    more: !!current.next,
    loadMore,
    reload: useCallback(() => setTurn((n) => n + 1), []),
  };
}
