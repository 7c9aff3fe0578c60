// What people see of a view: all of its members under the names that questions say.
import Box from '@mui/material/Box';
import { useState } from 'react';
import Button from '@mui/material/Button';
import { ListHead } from '@/components/list-head';
import { SectionCard } from '@/components/section-card';
import { formatCount } from '@/lib/format';
import { MemberSign } from './member-sign';
import type { Seen } from './state/part';

const grid = {
  display: 'grid',
  gridTemplateColumns: {
    xs: 'minmax(0, 1fr)',
    md: 'minmax(0, 1.4fr) minmax(0, 1fr) minmax(0, 1fr)',
  },
  columnGap: 6,
  px: 4,
};
// More are asked for: a view of everything would bury the rest of the page.
const shownAtFirst = 12;

export function SeenMembers({ members }: { members: readonly Seen[] }) {
  const [all, setAll] = useState(false);
  const shown = all ? members : members.slice(0, shownAtFirst);
  const quiet = { color: 'text.secondary', overflowWrap: 'anywhere' };
  return (
    <SectionCard
      title="What people see"
      lead={
        members.length === 0
          ? 'Nothing yet'
          : `${formatCount(members.length, 'member')}, in this order`
      }
      flush
    >
      {members.length > 0 && (
        <ListHead grid={grid} names={['Label', 'Name in questions', 'In the models']} />
      )}
      <Box component="ul" aria-label="Members of the view" sx={{ listStyle: 'none', m: 0, p: 0 }}>
        {shown.map((entry) => (
          <Box
            component="li"
            key={`${entry.part} ${entry.kind} ${entry.member}`}
            sx={{ ...grid, alignItems: 'center', py: 1.5, borderTop: 1, borderColor: 'divider' }}
          >
            <Box sx={{ display: 'flex', gap: 2, alignItems: 'center', minWidth: 0 }}>
              <MemberSign type={entry.type} />
              <Box sx={{ minWidth: 0, overflowWrap: 'anywhere', fontWeight: 500 }}>
                {entry.label || entry.name}
              </Box>
            </Box>
            <Box sx={{ ...quiet, pl: { xs: 9, md: 0 } }}>{entry.name}</Box>
            <Box sx={{ ...quiet, display: { xs: 'none', md: 'block' } }}>{entry.member}</Box>
          </Box>
        ))}
      </Box>
      {members.length > shown.length && (
        <Box sx={{ borderTop: 1, borderColor: 'divider', px: 2, py: 1 }}>
          <Button size="small" variant="text" onClick={() => setAll(true)}>
            Show all {members.length}
          </Button>
        </Box>
      )}
    </SectionCard>
  );
}
