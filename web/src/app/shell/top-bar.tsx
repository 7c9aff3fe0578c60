// The bar at the top of a phone: the mark, the finder and the account. Wide screens have them in the side bar.
import Box from '@mui/material/Box';
import IconButton from '@mui/material/IconButton';
import { useSession } from '@/api/session-slice';
import { Icon, Mark } from '@/theme/icons';
import { AccountMenu } from './account-menu';

interface Props {
  onHelp: () => void;
  onFind: () => void;
}

export function TopBar({ onHelp, onFind }: Props) {
  const { tenant } = useSession();
  return (
    <Box
      component="header"
      data-paper="none"
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
      <IconButton aria-label="Find" onClick={onFind} sx={{ color: 'text.secondary' }}>
        <Icon name="search" size={20} />
      </IconButton>
      <AccountMenu
        onHelp={onHelp}
        buttonStyle={{ width: 44, height: 44, borderRadius: 1, color: 'text.secondary' }}
        wordStyle={{ display: 'none' }}
      />
    </Box>
  );
}
