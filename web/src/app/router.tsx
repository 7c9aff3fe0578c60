// Every route of the app on one page. A page is a chunk of its own and composes features.
import { Suspense } from 'react';
import { BrowserRouter, Route, Routes } from 'react-router';
import { PagePending } from '@/components/states';
import { pages } from './page-chunks';
import { GuestOnly, SessionGate, SignedInOnly } from './session-gate';
import { Shell } from './shell/shell';

export function AppRoutes() {
  return (
    <Suspense fallback={<PagePending />}>
      <Routes>
        <Route element={<SessionGate />}>
          <Route element={<GuestOnly page="setup" />}>
            <Route path="/setup" element={<pages.setup />} />
          </Route>
          <Route element={<GuestOnly page="sign-in" />}>
            <Route path="/sign-in" element={<pages.signIn />} />
          </Route>
          <Route element={<SignedInOnly />}>
            <Route element={<Shell />}>
              <Route path="/" element={<pages.home />} />
              <Route path="/dashboards/:id" element={<pages.dashboard />} />
              <Route path="/explore" element={<pages.explore />} />
              <Route path="/sql" element={<pages.sql />} />
              <Route path="/datasets" element={<pages.datasets />} />
              <Route path="/datasets/upload" element={<pages.upload />} />
              <Route path="/datasets/:name" element={<pages.dataset />} />
              <Route path="/models/:name" element={<pages.model />} />
              <Route path="/views" element={<pages.views />} />
              <Route path="/views/:name" element={<pages.views />} />
              <Route path="/settings" element={<pages.settings />} />
              <Route path="*" element={<pages.notFound />} />
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
