// The frame of every signed-in page: skip link, navigation (left on wide screens, bottom on phones, none around a dashboard
// that is presented), the page itself, and the shortcuts that work everywhere.
import Box from '@mui/material/Box';
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react';
import { Outlet, useLocation, useNavigate, useSearchParams } from 'react-router';
import { useSession } from '@/api/session-slice';
import { announce } from '@/components/announcer';
import { ErrorBoundary } from '@/components/error-boundary';
import { useShortcuts } from '@/components/shortcuts';
import type { Shortcut } from '@/components/shortcuts';
import { LoadingState } from '@/components/states';
import { isPresented } from '@/lib/presenting';
import { BottomBar, SideBar } from './navigation';
import { TopBar } from './top-bar';

const ViewAsBanner = lazy(() => import('./view-as-banner'));
const ShortcutsDialog = lazy(() => import('@/components/shortcuts-dialog'));
const Finder = lazy(() => import('./finder'));

function SkipLink() {
  return (
    <Box
      component="a"
      href="#main"
      data-paper="none"
      onClick={(event) => {
        event.preventDefault();
        document.getElementById('main')?.focus();
      }}
      sx={{
        position: 'fixed',
        top: 8,
        left: 8,
        zIndex: 'tooltip',
        px: 4,
        py: 2,
        borderRadius: 1,
        bgcolor: 'primary.main',
        color: 'primary.contrastText',
        transform: 'translateY(-64px)',
        '&:focus': { transform: 'none' },
      }}
    >
      Skip to content
    </Box>
  );
}

// After a change of page the focus goes to the new content, and its title is read out.
function useFocusOnNavigation(): React.RefObject<HTMLElement | null> {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const last = useRef(pathname);
  useEffect(() => {
    if (last.current === pathname) return;
    last.current = pathname;
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
    const timer = setTimeout(() => announce(document.title), 500);
    return () => clearTimeout(timer);
  }, [pathname]);
  return main;
}

export function Shell() {
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const { isAtLeast, viewed } = useSession();
  const main = useFocusOnNavigation();
  const [helpOpen, setHelpOpen] = useState(false);
  const [finding, setFinding] = useState(false);
  const mayUpload = isAtLeast('editor');
  const [params] = useSearchParams();
  // Only dashboards have a way back.
  const alone = isPresented(params) && pathname.startsWith('/dashboards/');

  const shortcuts = useMemo<Shortcut[]>(() => {
    const go = (keys: string, label: string, to: string): Shortcut => ({
      keys,
      label,
      group: 'Anywhere',
      run: () => void navigate(to),
    });
    return [
      {
        keys: 'mod+k',
        label: 'Find anything',
        group: 'Anywhere',
        whileTyping: true,
        run: () => setFinding(true),
      },
      { keys: '?', label: 'Show these shortcuts', group: 'Anywhere', run: () => setHelpOpen(true) },
      go('g h', 'Go to dashboards', '/'),
      go('g e', 'Go to explore', '/explore'),
      go('g q', 'Go to SQL', '/sql'),
      go('g d', 'Go to datasets', '/datasets'),
      go('g v', 'Go to views', '/views'),
      go('g s', 'Go to settings', '/settings'),
      ...(mayUpload ? [go('c u', 'Upload a file', '/datasets/upload')] : []),
    ];
  }, [navigate, mayUpload]);
  useShortcuts(shortcuts);

  return (
    <Box sx={{ display: 'flex', minHeight: '100dvh', bgcolor: 'background.default' }}>
      <SkipLink />
      {!alone && <SideBar onHelp={() => setHelpOpen(true)} onFind={() => setFinding(true)} />}
      <Box sx={{ flex: 1, minWidth: 0, display: 'flex', flexDirection: 'column' }}>
        {!alone && <TopBar onHelp={() => setHelpOpen(true)} onFind={() => setFinding(true)} />}
        {viewed && (
          <Suspense fallback={null}>
            <ViewAsBanner viewed={viewed} />
          </Suspense>
        )}
        <Box
          component="main"
          id="main"
          ref={main}
          tabIndex={-1}
          sx={{
            flex: 1,
            minWidth: 0,
            '&:focus, &:focus-visible': { outline: 'none' },
            pb: { xs: alone ? 0 : 'calc(64px + env(safe-area-inset-bottom))', sm: 0 },
          }}
        >
          {/* What a page has in mind of one person's data goes with that person. */}
          <ErrorBoundary key={viewed?.id} resetKey={pathname}>
            <Suspense fallback={<PageSkeleton />}>
              <Outlet />
            </Suspense>
          </ErrorBoundary>
        </Box>
        {!alone && <BottomBar />}
      </Box>
      {helpOpen && (
        <Suspense fallback={null}>
          <ShortcutsDialog open onClose={() => setHelpOpen(false)} />
        </Suspense>
      )}
      {finding && (
        <Suspense fallback={null}>
          <Finder onClose={() => setFinding(false)} onHelp={() => setHelpOpen(true)} />
        </Suspense>
      )}
    </Box>
  );
}

function PageSkeleton() {
  return (
    <Box sx={{ p: 6, maxWidth: 1200, mx: 'auto' }}>
      <LoadingState rows={6} label="Loading page" />
    </Box>
  );
}
