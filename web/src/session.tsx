import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { ApiError, get, send, whenSignedOut } from './api/client';
import type { Session } from './api/types';

type State = { kind: 'asking' } | { kind: 'out'; error?: ApiError } | { kind: 'in'; session: Session };

type Seat = {
  state: State;
  signIn: (user: string, password: string) => Promise<void>;
  signOut: () => Promise<void>;
  ask: () => void;
};

const Context = createContext<Seat | undefined>(undefined);

export function SessionProvider({ children }: { children: ReactNode }) {
  const [state, setState] = useState<State>({ kind: 'asking' });

  const ask = useCallback(() => {
    get<Session>('/api/session').then(
      (session) => setState({ kind: 'in', session }),
      (e: unknown) => {
        const error = e instanceof ApiError && e.status === 401 ? undefined : (e as ApiError);
        setState({ kind: 'out', error });
      },
    );
  }, []);

  useEffect(ask, [ask]);
  useEffect(() => {
    whenSignedOut(() => setState({ kind: 'out' }));
    return () => whenSignedOut(undefined);
  }, []);

  const seat = useMemo<Seat>(
    () => ({
      state,
      ask,
      signIn: async (user, password) => {
        const session = await send<Session>('POST', '/api/session', { user, password });
        setState({ kind: 'in', session });
      },
      signOut: async () => {
        await send('DELETE', '/api/session');
        setState({ kind: 'out' });
      },
    }),
    [state, ask],
  );
  return <Context.Provider value={seat}>{children}</Context.Provider>;
}

export function useSession(): Seat {
  const s = useContext(Context);
  if (!s) throw new Error('useSession outside SessionProvider');
  return s;
}
