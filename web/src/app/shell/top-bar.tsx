// The bar at the top of a phone: the mark and the account. Wide screens have both in the side bar.
import Box from '@mui/material/Box';
import { useSession } from '@/api/session-slice';
import { Mark } from '@/theme/icons';
import { AccountMenu } from './account-menu';

export function TopBar({ onHelp }: { onHelp: () => void }) {
  const { tenant } = useSession();
  return (
    <Box
      component="header"
      sx={{
        display: { xs: 'flex', sm: 'none' },
        alignItems: 'center',
        gap: 2.5,
        height: 52,
        px: 4,
        borderBottom: 1,
        borderColor: 'divider',
        bgcolor: 'background.paper',
      }}
    >
      <Mark size={26} />
      <Box
        sx={{
          flex: 1,
          fontWeight: 600,
          overflow: 'hidden',
          textOverflow: 'ellipsis',
          whiteSpace: 'nowrap',
        }}
      >
        {tenant?.name}
      </Box>
      <AccountMenu
        onHelp={onHelp}
        buttonStyle={{ width: 44, height: 44, borderRadius: 1, color: 'text.secondary' }}
        wordStyle={{ display: 'none' }}
      />
    </Box>
  );
}
