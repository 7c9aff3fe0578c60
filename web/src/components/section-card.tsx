// A card with a heading: the plain building block of settings and detail pages.
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import type { ReactNode } from 'react';
import { useId } from 'react';
import { outlined } from './outlined';

export interface SectionCardProps {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  // Tables go to the edge of the card.
  flush?: boolean;
  children: ReactNode;
}

export function SectionCard({ title, lead, actions, flush = false, children }: SectionCardProps) {
  const headingId = useId();
  return (
    <Box component="section" aria-labelledby={headingId} sx={outlined}>
      <Box
        sx={{
          display: 'flex',
          flexWrap: 'wrap',
          gap: 2,
          alignItems: 'center',
          px: 4,
          pt: 3.5,
          pb: flush ? 2.5 : 0,
        }}
      >
        <Box sx={{ flex: 1, minWidth: 200 }}>
          <Typography id={headingId} component="h2" variant="h2">
            {title}
          </Typography>
          {lead && (
            <Typography variant="body2" color="textSecondary" component="div">
              {lead}
            </Typography>
          )}
        </Box>
        {actions}
      </Box>
      <Box sx={flush ? {} : { p: 4, pt: 3 }}>{children}</Box>
    </Box>
  );
}
