// Something that is there for who wants it: a button, and below it what it opens. What is inside is made when it is opened.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useId, useState } from 'react';
import type { ReactNode } from 'react';
import { Icon } from '@/theme/icons';

export function Fold({ title, children }: { title: string; children: () => ReactNode }) {
  const [open, setOpen] = useState(false);
  const bodyId = useId();
  return (
    <Box component="section" aria-label={title}>
      <Button
        size="small"
        variant="text"
        aria-expanded={open}
        aria-controls={bodyId}
        onClick={() => setOpen(!open)}
        startIcon={<Icon name={open ? 'up' : 'down'} size={14} />}
        sx={{ ml: -1.5 }}
      >
        {title}
      </Button>
      <Box id={bodyId} hidden={!open} sx={{ mt: 2 }}>
        {open && children()}
      </Box>
    </Box>
  );
}

/** A part of the panel with its heading. */
export function PanelPart({ title, children }: { title: string; children: ReactNode }) {
  const headingId = useId();
  return (
    <Box component="section" aria-labelledby={headingId} sx={{ minWidth: 0 }}>
      <Box component="h3" id={headingId} sx={{ typography: 'h3', m: 0, mb: 1 }}>
        {title}
      </Box>
      {children}
    </Box>
  );
}
