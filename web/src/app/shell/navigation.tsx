// The places of the app: a side bar that can be narrowed, and a bottom bar on phones.
import Box from '@mui/material/Box';
import ButtonBase from '@mui/material/ButtonBase';
import { useState } from 'react';
import { Link, useLocation } from 'react-router';
import { useSession } from '@/api/session-slice';
import { modName } from '@/components/shortcuts';
import { Icon, Mark } from '@/theme/icons';
import type { IconName } from '@/theme/icons';
import { AccountMenu } from './account-menu';

interface Place {
  label: string;
  to: string;
  icon: IconName;
}

const places: Place[] = [
  { label: 'Dashboards', to: '/', icon: 'dashboard' },
  { label: 'Explore', to: '/explore', icon: 'chart' },
  { label: 'SQL', to: '/sql', icon: 'prompt' },
  { label: 'Datasets', to: '/datasets', icon: 'dataset' },
  { label: 'Views', to: '/views', icon: 'layers' },
  { label: 'Settings', to: '/settings', icon: 'settings' },
];

/** Whether a path belongs to a place; dashboards are at home, models at datasets. */
const isAt = (to: string, path: string): boolean =>
  to === '/'
    ? path === to || path.startsWith('/dashboards')
    : path.startsWith(to) || (to === '/datasets' && path.startsWith('/models'));

const narrowKey = 'tidemill-narrow-navigation';

function useNarrow(): [boolean, () => void] {
  const [narrow, setNarrow] = useState(() => {
    try {
      return localStorage.getItem(narrowKey) === '1';
    } catch {
      return false;
    }
  });
  const toggle = () => {
    try {
      localStorage.setItem(narrowKey, narrow ? '0' : '1');
    } catch {
      // The choice then lasts until the page is closed.
    }
    setNarrow(!narrow);
  };
  return [narrow, toggle];
}

const itemStyle = (here: boolean) => ({
  display: 'flex',
  alignItems: 'center',
  gap: 3,
  width: '100%',
  minHeight: 40,
  px: 3,
  borderRadius: 1,
  justifyContent: 'flex-start',
  fontSize: '0.8125rem',
  fontWeight: here ? 600 : 500,
  textDecoration: 'none',
  color: here ? 'primary.main' : 'text.secondary',
  bgcolor: here ? 'surface.accentSoft' : 'transparent',
  '&:hover': {
    bgcolor: here ? 'surface.accentSoft' : 'surface.sunken',
    color: here ? 'primary.main' : 'text.primary',
  },
});

// Shown beside the icon where there is room; narrow bars keep the name for screen readers.
const wordStyle = (narrow: boolean) => ({
  whiteSpace: 'nowrap',
  overflow: 'hidden',
  textOverflow: 'ellipsis',
  display: narrow ? 'none' : { xs: 'none', lg: 'block' },
});

interface SideBarProps {
  onHelp: () => void;
  onFind: () => void;
}

export function SideBar({ onHelp, onFind }: SideBarProps) {
  const { pathname } = useLocation();
  const { tenant } = useSession();
  const [narrow, toggleNarrow] = useNarrow();
  return (
    <Box
      component="nav"
      data-paper="none"
      aria-label="Main"
      sx={{
        display: { xs: 'none', sm: 'flex' },
        flexDirection: 'column',
        gap: 1,
        position: 'sticky',
        zIndex: 'appBar',
        top: 0,
        height: '100dvh',
        flexShrink: 0,
        width: { sm: 64, lg: narrow ? 64 : 208 },
        p: 3,
        borderRight: 1,
        borderColor: 'divider',
        bgcolor: 'background.paper',
      }}
    >
      <Box sx={{ display: 'flex', alignItems: 'center', gap: 2.5, px: 1.5, height: 40, mb: 3 }}>
        <Mark size={28} />
        <Box sx={{ minWidth: 0, ...wordStyle(narrow) }}>
          <Box sx={{ fontWeight: 600, fontSize: '0.875rem', lineHeight: 1.25 }}>Tidemill</Box>
          <Box
            sx={{
              color: 'text.secondary',
              fontSize: '0.6875rem',
              overflow: 'hidden',
              textOverflow: 'ellipsis',
            }}
          >
            {tenant?.name}
          </Box>
        </Box>
      </Box>
      <ButtonBase
        onClick={onFind}
        aria-label="Find"
        aria-haspopup="dialog"
        aria-keyshortcuts="Control+K Meta+K"
        title={narrow ? `Find (${modName}+K)` : undefined}
        sx={{
          ...itemStyle(false),
          // As much less as the line is wide, so that the icons stand below each other.
          px: 2.75,
          mb: 2,
          border: 1,
          borderColor: 'divider',
          '&:hover': { borderColor: 'surface.border', color: 'text.primary' },
          // No part of its name.
          '&::after': {
            content: `"${modName} K"`,
            display: narrow ? 'none' : { xs: 'none', lg: 'block' },
            fontSize: '0.6875rem',
            fontWeight: 400,
          },
        }}
      >
        <Icon name="search" size={20} />
        <Box component="span" sx={{ ...wordStyle(narrow), flex: 1, textAlign: 'left' }}>
          Find
        </Box>
      </ButtonBase>
      {places.map((place) => (
        <ButtonBase
          key={place.to}
          component={Link}
          to={place.to}
          aria-label={place.label}
          title={narrow ? place.label : undefined}
          aria-current={isAt(place.to, pathname) ? 'page' : undefined}
          sx={itemStyle(isAt(place.to, pathname))}
        >
          <Icon name={place.icon} size={20} />
          <Box component="span" sx={wordStyle(narrow)}>
            {place.label}
          </Box>
        </ButtonBase>
      ))}
      <Box sx={{ flex: 1 }} />
      <ButtonBase
        onClick={toggleNarrow}
        aria-label={narrow ? 'Expand navigation' : 'Collapse navigation'}
        sx={{ ...itemStyle(false), display: { sm: 'none', lg: 'flex' } }}
      >
        <Icon name="sidebar" size={20} />
        <Box component="span" sx={wordStyle(narrow)}>
          Collapse
        </Box>
      </ButtonBase>
      <AccountMenu onHelp={onHelp} buttonStyle={itemStyle(false)} wordStyle={wordStyle(narrow)} />
    </Box>
  );
}

export function BottomBar() {
  const { pathname } = useLocation();
  return (
    <Box
      component="nav"
      data-paper="none"
      aria-label="Main"
      sx={{
        display: { xs: 'grid', sm: 'none' },
        // As wide as their words, so that the longest keeps off the edge.
        gridTemplateColumns: `repeat(${places.length}, auto)`,
        px: 1,
        position: 'fixed',
        zIndex: 'appBar',
        inset: 'auto 0 0 0',
        pb: 'env(safe-area-inset-bottom)',
        borderTop: 1,
        borderColor: 'divider',
        bgcolor: 'background.paper',
      }}
    >
      {places.map((place) => {
        const here = isAt(place.to, pathname);
        return (
          <ButtonBase
            key={place.to}
            component={Link}
            to={place.to}
            aria-current={here ? 'page' : undefined}
            sx={{
              flexDirection: 'column',
              gap: 0.5,
              height: 60,
              fontSize: '0.6875rem',
              fontWeight: here ? 600 : 500,
              color: here ? 'primary.main' : 'text.secondary',
            }}
          >
            <Icon name={place.icon} size={22} />
            {place.label}
          </ButtonBase>
        );
      })}
    </Box>
  );
}
