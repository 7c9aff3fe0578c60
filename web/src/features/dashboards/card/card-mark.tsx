// A sign beside the title of a card that says in words what there is no room for: to the pointer, to the finger and to keys.
import Box from '@mui/material/Box';
import ButtonBase from '@mui/material/ButtonBase';
import { useState } from 'react';
import type { ReactNode } from 'react';
import { AnchoredPanel } from '@/components/anchored-panel';
import { Icon } from '@/theme/icons';

interface CardMarkProps {
  /** Of what it is, for the panel. */
  label: string;
  words: string;
  testId: string;
  children: ReactNode;
}

function CardMark({ label, words, testId, children }: CardMarkProps) {
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  return (
    <>
      <ButtonBase
        aria-label={words}
        aria-haspopup="dialog"
        title={words}
        data-testid={testId}
        onClick={(event) => setAnchor(event.currentTarget)}
        sx={{
          minWidth: 24,
          minHeight: 24,
          borderRadius: 1,
          color: 'text.secondary',
          '@media (pointer: coarse)': { minWidth: 44, minHeight: 44, my: '-10px' },
        }}
      >
        {children}
      </ButtonBase>
      <AnchoredPanel label={label} anchor={anchor} onClose={() => setAnchor(null)}>
        <Box sx={{ p: 4, maxWidth: 320, typography: 'body2' }}>{words}</Box>
      </AnchoredPanel>
    </>
  );
}

/** That its numbers count only what an access policy lets through, where there is no line for it. */
export function RestrictedMark({ words }: { words: string }) {
  return (
    <CardMark label="Restricted" words={words} testId="card-restricted">
      <Icon name="filter" size={14} />
    </CardMark>
  );
}

/** Filters of the dashboard that are about what the rows of the card do not belong to. */
export function UnreachedMark({ filters }: { filters: readonly string[] }) {
  const words = `Not filtered by: ${filters.join('; ')}`;
  return (
    <CardMark label="Not filtered" words={words} testId="card-unreached">
      <Box component="span" sx={{ display: 'flex', textDecoration: 'line-through' }}>
        <Icon name="filter" size={14} />
        <Box component="span" aria-hidden="true" sx={{ typography: 'caption', lineHeight: '14px' }}>
          {filters.length}
        </Box>
      </Box>
    </CardMark>
  );
}
