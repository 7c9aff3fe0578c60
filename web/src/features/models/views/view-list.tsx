// All views: what they are for, how much they show, and of which models.
import Box from '@mui/material/Box';
import { useState } from 'react';
import { toProblem } from '@/api/problem';
import type { ViewDetail } from '@/api/types';
import { useListViewsQuery } from '@/api/views-api';
import { FindField, searchFrom } from '@/components/find-field';
import { LinkButton } from '@/components/link-button';
import { ItemLink, ListBox, ListItem, numberCell } from '@/components/list-box';
import { EmptyState, ErrorState, LoadingState } from '@/components/states';
import { formatCount } from '@/lib/format';
import { Icon } from '@/theme/icons';

const grid = {
  display: 'grid',
  gridTemplateColumns: {
    xs: 'minmax(0, 1fr) auto',
    md: 'minmax(0, 2fr) 100px 100px minmax(0, 1.2fr)',
  },
  columnGap: 6,
  px: 4,
};

export function ViewList({ mayEdit }: { mayEdit: boolean }) {
  const views = useListViewsQuery();
  const [search, setSearch] = useState('');
  if (views.isError && views.data === undefined)
    return <ErrorState problem={toProblem(views.error)} onRetry={() => void views.refetch()} />;
  if (views.data === undefined) return <LoadingState rows={4} label="Loading views" />;
  if (views.data.length === 0)
    return (
      <EmptyState
        icon="layers"
        title="No views yet"
        action={
          mayEdit && (
            <LinkButton to="/views/new" icon="add">
              New view
            </LinkButton>
          )
        }
      >
        A view shows some members of one or several models, under names of its own, so that nobody
        has to know which join leads where.
      </EmptyState>
    );
  const wanted = search.trim().toLowerCase();
  const shown = views.data.filter(({ definition: { name, label, description } }) =>
    `${label} ${name} ${description ?? ''}`.toLowerCase().includes(wanted),
  );
  return (
    <>
      {views.data.length >= searchFrom && (
        <FindField label="Find a view" value={search} onChange={setSearch} />
      )}
      <ListBox
        label="Views"
        fetching={views.isFetching}
        grid={grid}
        names={['Name', 'Measures', 'Dimensions', 'Models']}
        right={['Measures', 'Dimensions']}
        items={shown.map((view) => (
          <ViewItem key={view.definition.name} view={view} />
        ))}
      >
        {shown.length === 0 && (
          <EmptyState dense title={`No view is called \u201c${search.trim()}\u201d`}>
            {formatCount(views.data.length, 'view')} in all.
          </EmptyState>
        )}
      </ListBox>
    </>
  );
}

function ViewItem({ view }: { view: ViewDetail }) {
  const { definition, measures, dimensions, problems } = view;
  const quiet = { color: 'text.secondary' };
  const models = [...new Set(definition.include.map(({ path }) => path.split('.').at(-1)))];
  return (
    <ListItem grid={grid}>
      <Box sx={{ minWidth: 0 }}>
        <ItemLink to={`/views/${encodeURIComponent(definition.name)}`}>
          {definition.label || definition.name}
        </ItemLink>
        {problems.length > 0 && (
          <Box
            component="span"
            sx={{
              display: 'inline-flex',
              alignItems: 'center',
              gap: 1,
              ml: 2,
              fontSize: '0.75rem',
              color: 'warning.main',
            }}
          >
            <Icon name="warning" size={13} /> {formatCount(problems.length, 'problem')}
          </Box>
        )}
        <Box sx={{ ...quiet, fontSize: '0.75rem', overflowWrap: 'anywhere' }}>
          {definition.description || definition.name}
        </Box>
      </Box>
      <Box sx={numberCell}>{measures.length}</Box>
      <Box sx={numberCell}>{dimensions.length}</Box>
      <Box sx={{ ...quiet, display: { xs: 'none', md: 'block' }, overflowWrap: 'anywhere' }}>
        {models.join(', ')}
      </Box>
      <Box sx={{ ...quiet, display: { md: 'none' }, fontSize: '0.75rem', whiteSpace: 'nowrap' }}>
        {formatCount(measures.length + dimensions.length, 'member')}
      </Box>
    </ListItem>
  );
}
