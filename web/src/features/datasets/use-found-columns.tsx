// Which of many columns are shown: those whose names hold what is typed. Few columns are seen at a glance and need no field.
import Box from '@mui/material/Box';
import { useState } from 'react';
import type { ReactNode } from 'react';
import { FindField } from '@/components/find-field';

/** Below this many, looking is quicker than typing. */
export const findFrom = 25;

export interface FoundColumns<Column> {
  shown: readonly Column[];
  /** What is typed into, and what is said where no column is found; null where there are few. */
  field: ReactNode;
}

export function useFoundColumns<Column extends { name: string }>(
  columns: readonly Column[],
): FoundColumns<Column> {
  const [search, setSearch] = useState('');
  if (columns.length < findFrom) return { shown: columns, field: null };
  const wanted = search.trim().toLowerCase();
  const shown = columns.filter(({ name }) => name.toLowerCase().includes(wanted));
  const field = (
    <Box
      // Within a form, Enter would send it.
      onKeyDown={(event) => {
        if (event.key === 'Enter') event.preventDefault();
      }}
    >
      <FindField label="Find a column" value={search} onChange={setSearch} />
      {shown.length === 0 && (
        <Box role="status" sx={{ color: 'text.secondary', mb: 4 }}>
          No column is called “{search.trim()}”.
        </Box>
      )}
    </Box>
  );
  return { shown, field };
}
