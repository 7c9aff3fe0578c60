// The five states that every piece of data can be in, besides being there: first load, nothing to
// show, failed, not allowed, stale. One look for each, everywhere.
import Box from '@mui/material/Box';
import Skeleton from '@mui/material/Skeleton';
import Typography from '@mui/material/Typography';
import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import type { Problem } from '@/api/types';
import { formatAge } from '@/lib/format';
import { Icon } from '@/theme/icons';
import type { IconName } from '@/theme/icons';
import { visuallyHidden } from './announcer';
import { ProblemNotice } from './problem-notice';
import { ThinLine } from './thin-line';

const patienceMs = 150;

// True once the wait has become long enough to show something; quick answers show no flicker.
export function useDelayed(waiting: boolean, delayMs = patienceMs): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    if (!waiting) return;
    const timer = setTimeout(() => setOver(true), delayMs);
    return () => {
      clearTimeout(timer);
      setOver(false);
    };
  }, [waiting, delayMs]);
  return waiting && over;
}

// While a page's code or the session is on its way.
export function PagePending() {
  const show = useDelayed(true);
  return (
    <Box sx={{ minHeight: '60vh' }} aria-busy="true">
      {show && <ThinLine label="Loading page" />}
    </Box>
  );
}

// Grey bars in the shape of what is coming; `rows` of them, or one block of `height`.
export function LoadingState({
  rows = 4,
  height,
  label = 'Loading',
}: {
  rows?: number;
  height?: number | string;
  label?: string;
}) {
  const show = useDelayed(true);
  const bars = height === undefined ? Array.from({ length: rows }, (_, row) => row) : [0];
  return (
    <Box aria-busy="true" sx={{ minHeight: height ?? rows * 40, width: '100%' }}>
      <Box component="span" sx={visuallyHidden}>
        {label}
      </Box>
      {show &&
        bars.map((row) => (
          <Skeleton
            key={row}
            variant="rounded"
            height={height ?? 28}
            sx={{ mb: 3, borderRadius: 1 }}
          />
        ))}
    </Box>
  );
}

// A thin line over something that stays visible while it is asked for again.
export function RefreshLine({ active, label = 'Refreshing' }: { active: boolean; label?: string }) {
  const show = useDelayed(active);
  return <Box sx={{ height: 2, overflow: 'hidden' }}>{show && <ThinLine label={label} />}</Box>;
}

export interface EmptyStateProps {
  icon?: IconName;
  title: string;
  // Why there is nothing, and what would change that.
  children?: ReactNode;
  action?: ReactNode;
  dense?: boolean;
}

export function EmptyState({
  icon = 'empty',
  title,
  children,
  action,
  dense = false,
}: EmptyStateProps) {
  return (
    <Box
      sx={{
        display: 'flex',
        flexDirection: 'column',
        alignItems: 'center',
        justifyContent: 'center',
        textAlign: 'center',
        gap: 1,
        px: 4,
        py: dense ? 4 : 14,
        height: dense ? '100%' : 'auto',
      }}
    >
      {!dense && (
        <Box
          sx={{
            display: 'grid',
            placeItems: 'center',
            width: 48,
            height: 48,
            mb: 2,
            borderRadius: 999,
            bgcolor: 'surface.accentSoft',
            color: 'primary.main',
          }}
        >
          <Icon name={icon} size={24} />
        </Box>
      )}
      <Typography sx={{ fontWeight: 600, fontSize: dense ? undefined : '0.9375rem' }}>
        {title}
      </Typography>
      {children && (
        <Typography component="div" color="textSecondary" sx={{ maxWidth: '46ch' }}>
          {children}
        </Typography>
      )}
      {action && (
        <Box sx={{ mt: 3, display: 'flex', gap: 2, flexWrap: 'wrap', justifyContent: 'center' }}>
          {action}
        </Box>
      )}
    </Box>
  );
}

export interface ErrorStateProps {
  problem: Problem;
  onRetry?: () => void;
  dense?: boolean;
  fullPage?: boolean;
}

export function ErrorState({ problem, onRetry, dense = false, fullPage = false }: ErrorStateProps) {
  if (problem.code === 'denied') return <DeniedState detail={problem.detail} dense={dense} />;
  const notice = <ProblemNotice problem={problem} onRetry={onRetry} dense={dense} />;
  if (!fullPage) return notice;
  return (
    <Box component="main" sx={{ maxWidth: 520, mx: 'auto', px: 4, pt: '18vh' }}>
      <Typography component="h1" sx={visuallyHidden}>
        Tidemill is not available
      </Typography>
      {notice}
    </Box>
  );
}

export function DeniedState({
  detail,
  dense = false,
}: {
  detail?: string | null;
  dense?: boolean;
}) {
  return (
    <EmptyState icon="info" dense={dense} title="You do not have permission for this">
      {detail ?? 'Ask an admin of your organisation for access.'}
    </EmptyState>
  );
}

// How old something is; amber with words once it is older than it should be.
export function StaleMark({
  asOf,
  stale = false,
}: {
  asOf: string | number | null;
  stale?: boolean;
}) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 10_000);
    return () => clearInterval(timer);
  }, []);
  if (asOf === null) return null;
  return (
    <Box
      component="span"
      sx={{
        display: 'inline-flex',
        alignItems: 'center',
        gap: 1,
        fontSize: '0.6875rem',
        color: stale ? 'warning.main' : 'text.secondary',
      }}
    >
      {stale && <Icon name="warning" size={13} />}
      {stale ? 'Not current, from ' : ''}
      {formatAge(asOf, now)}
    </Box>
  );
}
