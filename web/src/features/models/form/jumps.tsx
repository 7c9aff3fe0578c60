// Ways to the parts of the form, which is many screens long: what there is, how many, and one press to be there.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import type { RefObject } from 'react';
import { formatNumber } from '@/lib/format';

export interface JumpsProps {
  /** Titles of sections and how many entries they have; null: who reads this is not told. */
  parts: readonly (readonly [title: string, count: number | null])[];
  /** What the sections are in. */
  within: RefObject<HTMLElement | null>;
}

export function Jumps({ parts, within }: JumpsProps) {
  const jump = (title: string): void => {
    const heading = [...(within.current?.querySelectorAll('section h2') ?? [])].find(
      ({ textContent }) => textContent === title,
    );
    const section = heading?.closest('section');
    section?.scrollIntoView({ block: 'start' });
    // Whoever came by keyboard goes on from there.
    section?.querySelector('button')?.focus({ preventScroll: true });
  };
  return (
    <Box
      component="nav"
      aria-label="Parts of the model"
      sx={{ display: 'flex', flexWrap: 'wrap', gap: 1, ml: -2 }}
    >
      {parts.map(([title, count]) => (
        <Button key={title} size="small" variant="text" onClick={() => jump(title)}>
          {title}
          {count !== null && (
            <Box component="span" sx={{ ml: 1, color: 'text.secondary', fontWeight: 400 }}>
              {formatNumber(count, 'integer')}
            </Box>
          )}
        </Button>
      ))}
    </Box>
  );
}
