// The list behind the account button: who is signed in, viewing as somebody else, the theme, the shortcuts and signing out.
// Loads when it is first opened, because menus are a large part of the component library.
import Box from '@mui/material/Box';
import Divider from '@mui/material/Divider';
import ListItemIcon from '@mui/material/ListItemIcon';
import Menu from '@mui/material/Menu';
import MenuItem from '@mui/material/MenuItem';
import useMediaQuery from '@mui/material/useMediaQuery';
import { lazy, Suspense, useState } from 'react';
import { useSignOutMutation } from '@/api/session-api';
import { useSession } from '@/api/session-slice';
import { Icon } from '@/theme/icons';
import type { IconName } from '@/theme/icons';
import { useThemeChoice } from '@/theme/theme-mode';
import type { ThemeChoice } from '@/theme/theme-mode';
import { stopViewing } from './view-as-banner';

const ViewAsDialog = lazy(() => import('./view-as-dialog'));

const themes: { choice: ThemeChoice; label: string; icon: IconName }[] = [
  { choice: 'light', label: 'Light', icon: 'sun' },
  { choice: 'dark', label: 'Dark', icon: 'moon' },
  { choice: 'system', label: 'System', icon: 'system' },
];

interface Props {
  anchor: HTMLElement;
  open: boolean;
  labelledBy: string;
  onClose: () => void;
  onHelp: () => void;
}

export default function AccountMenuList({ anchor, open, labelledBy, onClose, onHelp }: Props) {
  const { user, viewed, isAtLeast } = useSession();
  const [choosing, setChoosing] = useState(false);
  const [theme, setTheme] = useThemeChoice();
  const [signOut] = useSignOutMutation();
  const hasKeyboard = useMediaQuery('(hover: hover)');
  return (
    <>
      <Menu
        anchorEl={anchor}
        open={open}
        onClose={onClose}
        // Stays inside the navigation, so that it belongs to a landmark.
        disablePortal
        slotProps={{ list: { 'aria-labelledby': labelledBy }, paper: { sx: { minWidth: 220 } } }}
      >
        <MenuItem disabled sx={{ display: 'block', whiteSpace: 'normal', '&&': { opacity: 1 } }}>
          <Box sx={{ fontWeight: 600 }}>{user?.name}</Box>
          <Box sx={{ color: 'text.secondary', fontSize: '0.75rem', overflowWrap: 'anywhere' }}>
            {user?.email} · {user?.role}
          </Box>
        </MenuItem>
        <Divider />
        {themes.map(({ choice, label, icon }) => (
          <MenuItem
            key={choice}
            role="menuitemradio"
            aria-checked={theme === choice}
            selected={theme === choice}
            onClick={() => setTheme(choice)}
          >
            <ListItemIcon>
              <Icon name={icon} />
            </ListItemIcon>
            <Box sx={{ flex: 1 }}>{label}</Box>
            {theme === choice && <Icon name="check" size={16} />}
          </MenuItem>
        ))}
        <Divider />
        {(viewed !== null || isAtLeast('admin')) && (
          <MenuItem
            onClick={() => {
              onClose();
              setChoosing(true);
            }}
          >
            <ListItemIcon>
              <Icon name="user" />
            </ListItemIcon>
            View as…
          </MenuItem>
        )}
        {viewed !== null && (
          <MenuItem
            onClick={() => {
              onClose();
              stopViewing();
            }}
          >
            <ListItemIcon>
              <Icon name="close" />
            </ListItemIcon>
            Stop viewing as {viewed.name}
          </MenuItem>
        )}
        {hasKeyboard && (
          <MenuItem
            onClick={() => {
              onClose();
              onHelp();
            }}
          >
            <ListItemIcon>
              <Icon name="keyboard" />
            </ListItemIcon>
            Keyboard shortcuts
          </MenuItem>
        )}
        <MenuItem
          onClick={() => {
            onClose();
            void signOut();
          }}
        >
          <ListItemIcon>
            <Icon name="signOut" />
          </ListItemIcon>
          Sign out
        </MenuItem>
      </Menu>
      {choosing && (
        <Suspense fallback={null}>
          <ViewAsDialog onClose={() => setChoosing(false)} />
        </Suspense>
      )}
    </>
  );
}
