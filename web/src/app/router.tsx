// Every route of the app on one page. A page is a chunk of its own and composes features.
import { lazy, Suspense } from 'react';
import { BrowserRouter, Route, Routes } from 'react-router';
import { PagePending } from '@/components/states';
import { GuestOnly, SessionGate, SignedInOnly } from './session-gate';
import { Shell } from './shell/shell';

const SetupPage = lazy(() => import('./pages/setup-page'));
const SignInPage = lazy(() => import('./pages/sign-in-page'));
const HomePage = lazy(() => import('./pages/home-page'));
const DashboardPage = lazy(() => import('./pages/dashboard-page'));
const DatasetsPage = lazy(() => import('./pages/datasets-page'));
const DatasetPage = lazy(() => import('./pages/dataset-page'));
const UploadPage = lazy(() => import('./pages/upload-page'));
const SettingsPage = lazy(() => import('./pages/settings-page'));
const NotFoundPage = lazy(() => import('./pages/not-found-page'));

export function AppRoutes() {
  return (
    <Suspense fallback={<PagePending />}>
      <Routes>
        <Route element={<SessionGate />}>
          <Route element={<GuestOnly page="setup" />}>
            <Route path="/setup" element={<SetupPage />} />
          </Route>
          <Route element={<GuestOnly page="sign-in" />}>
            <Route path="/sign-in" element={<SignInPage />} />
          </Route>
          <Route element={<SignedInOnly />}>
            <Route element={<Shell />}>
              <Route path="/" element={<HomePage />} />
              <Route path="/dashboards/:id" element={<DashboardPage />} />
              <Route path="/datasets" element={<DatasetsPage />} />
              <Route path="/datasets/upload" element={<UploadPage />} />
              <Route path="/datasets/:name" element={<DatasetPage />} />
              <Route path="/settings" element={<SettingsPage />} />
              <Route path="*" element={<NotFoundPage />} />
            </Route>
          </Route>
        </Route>
      </Routes>
    </Suspense>
  );
}

export function AppRouter() {
  return (
    <BrowserRouter>
      <AppRoutes />
    </BrowserRouter>
  );
}
