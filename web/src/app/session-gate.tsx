// Decides what the visitor may see: set-up, sign-in or the app. Starts the silent refresh at load
// and renews the token shortly before it ends, so that long-lived screens and sockets keep working.
import { useEffect, useState } from 'react';
import { useDispatch } from 'react-redux';
import { Navigate, Outlet, useLocation } from 'react-router';
import { refreshSession } from '@/api/reauth';
import { useGetBootstrapQuery } from '@/api/session-api';
import { mayHaveSession } from '@/api/session-hint';
import { sessionEnded, useSession } from '@/api/session-slice';
import { getAccessTokenExpiry, onAccessTokenChanged } from '@/api/session-token';
import { toProblem } from '@/api/problem';
import type { Problem } from '@/api/types';
import { ErrorState, PagePending } from '@/components/states';

const renewBeforeMs = 60_000;

function useTokenRenewal(): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const plan = () => {
      clearTimeout(timer);
      const expiry = getAccessTokenExpiry();
      if (expiry === null) return;
      const wait = Math.max(expiry - Date.now() - renewBeforeMs, 5_000);
      timer = setTimeout(() => void refreshSession(), wait);
    };
    plan();
    const stop = onAccessTokenChanged(plan);
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, []);
}

// The path to return to after signing in; only paths of this app.
export function safeNext(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : '/';
}

export function SessionGate() {
  const session = useSession();
  const bootstrap = useGetBootstrapQuery();
  const dispatch = useDispatch();
  const [failure, setFailure] = useState<Problem | null>(null);
  const [attempt, setAttempt] = useState(0);
  useTokenRenewal();

  useEffect(() => {
    if (session.status !== 'unknown') return;
    let current = true;
    if (!mayHaveSession()) {
      dispatch(sessionEnded());
      return;
    }
    void refreshSession().then((refreshed) => {
      if (!current || 'session' in refreshed) return;
      const lost = refreshed.problem.code !== 'network' && refreshed.problem.status < 500;
      if (!lost) setFailure(refreshed.problem);
      else dispatch(sessionEnded());
    });
    return () => {
      current = false;
    };
  }, [attempt, dispatch, session.status]);

  const problem = bootstrap.isError ? toProblem(bootstrap.error) : failure;
  if (problem !== null && session.status !== 'signed_in') {
    const retry = () => {
      setFailure(null);
      setAttempt((count) => count + 1);
      if (bootstrap.isError) void bootstrap.refetch();
    };
    return <ErrorState fullPage problem={problem} onRetry={retry} />;
  }
  if (bootstrap.data === undefined || session.status === 'unknown') return <PagePending />;
  return <Outlet />;
}

export function SignedInOnly() {
  const session = useSession();
  const location = useLocation();
  const { data } = useGetBootstrapQuery();
  if (data?.setup_required) return <Navigate to="/setup" replace />;
  if (session.status === 'signed_in') return <Outlet />;
  const here = location.pathname + location.search;
  const query = here === '/' ? '' : `?next=${encodeURIComponent(here)}`;
  return <Navigate to={`/sign-in${query}`} replace />;
}

export function GuestOnly({ page }: { page: 'setup' | 'sign-in' }) {
  const session = useSession();
  const location = useLocation();
  const { data } = useGetBootstrapQuery();
  if (session.status === 'signed_in') {
    return <Navigate to={safeNext(new URLSearchParams(location.search).get('next'))} replace />;
  }
  if (data?.setup_required && page === 'sign-in') return <Navigate to="/setup" replace />;
  if (!data?.setup_required && page === 'setup') return <Navigate to="/sign-in" replace />;
  return <Outlet />;
}
