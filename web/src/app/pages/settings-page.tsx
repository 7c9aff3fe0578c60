// Settings: how the app looks, and the people of the organisation for admins.
import Box from '@mui/material/Box';
import { useSession } from '@/api/session-slice';
import { PageFrame, PageHeader } from '@/components/page-header';
import { AppearanceSettings } from '@/features/settings/appearance-settings';
import { UserSettings } from '@/features/settings/user-settings';

export default function SettingsPage() {
  const { isAtLeast, tenant } = useSession();
  return (
    <PageFrame width={880}>
      <PageHeader title="Settings" summary={tenant?.name} />
      <Box sx={{ display: 'grid', gap: 6 }}>
        <AppearanceSettings />
        {isAtLeast('admin') && <UserSettings />}
      </Box>
    </PageFrame>
  );
}
