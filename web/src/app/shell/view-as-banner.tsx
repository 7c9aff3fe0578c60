// Says through whose eyes everything is seen, on every page, and leads back. It stays in view while the page moves under it.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useLayoutEffect, useRef } from 'react';
import { viewAs } from '@/api/view-as';
import type { Viewed } from '@/api/view-as';
import { announce } from '@/components/announcer';
import { Icon } from '@/theme/icons';

// What else stays in view stands below it, and what gets the focus is not covered by it.
function useRoom() {
  const banner = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    const { style } = document.documentElement;
    const height = banner.current?.offsetHeight ?? 0;
    style.setProperty('--tm-top', `${height}px`);
    style.setProperty('scroll-padding-top', `${height + 8}px`);
    return () => {
      style.removeProperty('--tm-top');
      style.removeProperty('scroll-padding-top');
    };
  }, []);
  return banner;
}

export function stopViewing(): void {
  viewAs(null);
  announce('You see your own view again');
  document.getElementById('main')?.focus({ preventScroll: true });
}

export default function ViewAsBanner({ viewed }: { viewed: Viewed }) {
  const banner = useRoom();
  return (
    <Box
      component="section"
      ref={banner}
      aria-label="View as"
      data-testid="view-as-banner"
      sx={{
        position: 'sticky',
        top: 0,
        zIndex: 'appBar',
        display: 'flex',
        alignItems: 'center',
        gap: 2.5,
        minHeight: 44,
        py: 1,
        px: { xs: 4, sm: 6 },
        bgcolor: 'primary.main',
        color: 'primary.contrastText',
      }}
    >
      <Icon name="user" size={18} />
      <Box
        title={viewed.name}
        sx={{
          minWidth: 0,
          overflow: 'hidden',
          textOverflow: 'ellipsis',
          whiteSpace: 'nowrap',
          fontWeight: 600,
        }}
      >
        You see what {viewed.name} sees
      </Box>
      <Box sx={{ flex: 1, minWidth: 0, display: { xs: 'none', md: 'block' } }}>
        Nothing can be changed meanwhile.
      </Box>
      <Button
        size="small"
        onClick={stopViewing}
        sx={{
          ml: 'auto',
          flexShrink: 0,
          color: 'inherit',
          borderColor: 'currentcolor',
          bgcolor: 'transparent',
          '&:hover, &.Mui-focusVisible': { bgcolor: 'transparent', textDecoration: 'underline' },
          '&.Mui-focusVisible': { outlineColor: 'currentcolor', outlineOffset: -4 },
        }}
      >
        Stop
      </Button>
    </Box>
  );
}
