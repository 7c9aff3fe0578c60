// The page before anyone is signed in: a card with one form and nothing else.
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import type { ReactNode } from 'react';
import { Mark } from '@/theme/icons';

export function GuestFrame({
  title,
  lead,
  children,
}: {
  title: string;
  lead?: string;
  children: ReactNode;
}) {
  return (
    <Box
      component="main"
      sx={{
        minHeight: '100dvh',
        display: 'grid',
        placeItems: { xs: 'start center', sm: 'center' },
        bgcolor: 'background.default',
        p: 4,
        pt: { xs: 10, sm: 4 },
      }}
    >
      <title>{`${title} · Tidemill`}</title>
      <Box sx={{ width: '100%', maxWidth: 400 }}>
        <Box sx={{ display: 'flex', alignItems: 'center', gap: 2.5, mb: 5 }}>
          <Mark size={32} />
          <Typography component="span" sx={{ fontSize: '1.0625rem', fontWeight: 600 }}>
            Tidemill
          </Typography>
        </Box>
        <Box
          sx={{
            p: { xs: 5, sm: 7 },
            border: 1,
            borderColor: 'divider',
            borderRadius: 1.5,
            bgcolor: 'background.paper',
          }}
        >
          <Typography
            component="h1"
            sx={{ fontSize: '1.25rem', fontWeight: 600, mb: lead ? 1 : 5 }}
          >
            {title}
          </Typography>
          {lead && (
            <Typography color="textSecondary" sx={{ mb: 5 }}>
              {lead}
            </Typography>
          )}
          {children}
        </Box>
      </Box>
    </Box>
  );
}
