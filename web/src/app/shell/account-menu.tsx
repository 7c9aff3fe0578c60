// The button that opens the account menu.
import Box from '@mui/material/Box';
import ButtonBase from '@mui/material/ButtonBase';
import type { SxProps, Theme } from '@mui/material/styles';
import { lazy, Suspense, useId, useState } from 'react';
import { useSession } from '@/api/session-slice';
import { Icon } from '@/theme/icons';

const AccountMenuList = lazy(() => import('./account-menu-list'));

interface Props {
  onHelp: () => void;
  buttonStyle: SxProps<Theme>;
  wordStyle: SxProps<Theme>;
}

export function AccountMenu({ onHelp, buttonStyle, wordStyle }: Props) {
  const { user } = useSession();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const [open, setOpen] = useState(false);
  const buttonId = useId();

  return (
    <>
      <ButtonBase
        id={buttonId}
        aria-label={`Account: ${user?.name ?? ''}`}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={(event) => {
          setAnchor(event.currentTarget);
          setOpen(true);
        }}
        sx={buttonStyle}
      >
        <Icon name="user" size={20} />
        <Box component="span" sx={wordStyle}>
          {user?.name}
        </Box>
      </ButtonBase>
      {anchor && (
        <Suspense fallback={null}>
          <AccountMenuList
            anchor={anchor}
            open={open}
            labelledBy={buttonId}
            onClose={() => setOpen(false)}
            onHelp={onHelp}
          />
        </Suspense>
      )}
    </>
  );
}
