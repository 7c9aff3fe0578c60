// Every route of the app on one page. A page is a chunk of its own and composes features.
import { lazy, Suspense } from 'react';
import { BrowserRouter, Route, Routes } from 'react-router';
import { PagePending } from '@/components/states';
import { pages } from './page-chunks';
import { GuestOnly, SessionGate, SignedInOnly } from './session-gate';
import { Shell } from './shell/shell';

const SetupPage = lazy(pages.setup);
const SignInPage = lazy(pages.signIn);
const HomePage = lazy(pages.home);
const DashboardPage = lazy(pages.dashboard);
const DatasetsPage = lazy(pages.datasets);
const DatasetPage = lazy(pages.dataset);
const UploadPage = lazy(pages.upload);
const SettingsPage = lazy(pages.settings);
const NotFoundPage = lazy(pages.notFound);

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
