import { lazy } from 'react';
import { Navigate, Route, Routes } from 'react-router-dom';
import { useApi } from './api/hooks';
import type { Start } from './api/types';
import { Shell } from './components/Shell';
import { Waiting } from './components/states';
import { LiveProvider } from './live';
import { SignIn } from './pages/SignIn';
import { useSession } from './session';

const OverviewPage = lazy(() => import('./pages/Overview'));
const StartPage = lazy(() => import('./pages/Start'));
const AlertsPage = lazy(() => import('./pages/Alerts'));
const AlertPage = lazy(() => import('./pages/Alert'));
const ViewsPage = lazy(() => import('./pages/Views'));
const AccountsPage = lazy(() => import('./pages/Accounts'));
const AccountPage = lazy(() => import('./pages/Account'));
const MerchantsPage = lazy(() => import('./pages/Merchants'));
const MerchantPage = lazy(() => import('./pages/Merchant'));
const TracePage = lazy(() => import('./pages/Trace'));
const LedgerPage = lazy(() => import('./pages/Ledger'));
const NotFoundPage = lazy(() => import('./pages/NotFound'));

export function App() {
  const { state } = useSession();
  if (state.kind === 'asking') return <Waiting full />;
  if (state.kind === 'out') return <SignIn error={state.error} />;
  return (
    <LiveProvider>
      <Inside />
    </LiveProvider>
  );
}

function Inside() {
  const start = useApi<Start>('/api/start');
  const demo = !!start.data?.demo;
  return (
    <Routes>
      <Route element={<Shell demo={demo} />}>
        <Route index element={start.loading ? <Waiting /> : <Navigate to={demo ? '/start' : '/overview'} replace />} />
        <Route path="/start" element={<StartPage start={start} />} />
        <Route path="/overview" element={<OverviewPage />} />
        <Route path="/alerts" element={<AlertsPage />} />
        <Route path="/alerts/:alert" element={<AlertPage />} />
        <Route path="/views" element={<ViewsPage />} />
        <Route path="/accounts" element={<AccountsPage />} />
        <Route path="/accounts/:actor" element={<AccountPage />} />
        <Route path="/trace" element={<TracePage />} />
        <Route path="/merchants" element={<MerchantsPage />} />
        <Route path="/merchants/:merchant" element={<MerchantPage />} />
        <Route path="/ledger" element={<LedgerPage />} />
        <Route path="*" element={<NotFoundPage />} />
      </Route>
    </Routes>
  );
}
