// Settings: how the app looks, one's own password and calendar; for admins the people and the API keys of the organisation, and what upkeep did.
import Box from '@mui/material/Box';
import { lazy, Suspense } from 'react';
import { useSession } from '@/api/session-slice';
import { chunkComponent } from '@/components/chunk-component';
import { PageFrame, PageHeader } from '@/components/page-header';
import { LoadingState } from '@/components/states';
import type { UpkeepReportProps } from '@/features/datasets/upkeep/upkeep-report';
import { AppearanceSettings } from '@/features/settings/appearance-settings';
import { PasswordSettings } from '@/features/settings/password-settings';
import { UserSettings } from '@/features/settings/user-settings';

const UpkeepReport = chunkComponent<UpkeepReportProps>(() =>
  import('@/features/datasets/upkeep/upkeep-report').then((module) => ({
    default: module.UpkeepReport,
  })),
);

const ApiKeySettings = lazy(() => import('@/features/settings/keys/api-key-settings'));
const BudgetSettings = lazy(() => import('@/features/settings/budget-settings'));
const CalendarSettings = lazy(() => import('@/features/settings/calendar-settings'));

export default function SettingsPage() {
  const { isAtLeast, tenant } = useSession();
  return (
    <PageFrame width={880}>
      <PageHeader title="Settings" summary={tenant?.name} />
      <Box sx={{ display: 'grid', gap: 6 }}>
        <AppearanceSettings />
        <PasswordSettings />
        <Suspense fallback={<LoadingState rows={2} label="Loading the calendar" />}>
          <CalendarSettings />
        </Suspense>
        {isAtLeast('admin') && (
          <>
            <Suspense fallback={<LoadingState rows={2} label="Loading the budget" />}>
              <BudgetSettings />
            </Suspense>
            <UserSettings />
            <Suspense fallback={<LoadingState rows={2} label="Loading the keys" />}>
              <ApiKeySettings />
            </Suspense>
            <Suspense fallback={<LoadingState rows={3} label="Loading upkeep" />}>
              <UpkeepReport />
            </Suspense>
          </>
        )}
      </Box>
    </PageFrame>
  );
}
