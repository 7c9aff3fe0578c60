// Says that what is below is an older state, and leads back. Never to be missed, never in the way.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import type { ReactNode } from 'react';
import { Icon } from '@/theme/icons';

export interface AsOfBannerProps {
  /** Which state: "As of 26 Nov 2026, 10:03". */
  title: string;
  children?: ReactNode;
  backLabel: string;
  onBack: () => void;
}

export function AsOfBanner({ title, children, backLabel, onBack }: AsOfBannerProps) {
  return (
    <Box
      role="status"
      data-testid="as-of-banner"
      sx={{
        display: 'flex',
        flexWrap: 'wrap',
        alignItems: 'center',
        gap: 3,
        px: 4,
        py: 2,
        mb: 4,
        border: 1,
        borderColor: 'primary.main',
        borderRadius: 1,
        bgcolor: 'surface.accentSoft',
      }}
    >
      <Box sx={{ display: 'flex', color: 'primary.main' }}>
        <Icon name="clock" />
      </Box>
      <Box sx={{ flex: 1, minWidth: 200 }}>
        <Box component="strong" sx={{ fontWeight: 600 }}>
          {title}
        </Box>
        {children && (
          <Box component="span" sx={{ color: 'text.secondary' }}>
            {' '}
            {children}
          </Box>
        )}
      </Box>
      <Button size="small" onClick={onBack} sx={{ bgcolor: 'background.paper' }}>
        {backLabel}
      </Button>
    </Box>
  );
}
