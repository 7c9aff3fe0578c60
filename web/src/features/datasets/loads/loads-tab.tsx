// How the rows came in, newest first: every load with what it took, what it left behind, and how long that was.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { toProblem } from '@/api/problem';
import type { DatasetDetail } from '@/api/types';
import { useListVersionsInfiniteQuery } from '@/api/versions-api';
import { ListHead } from '@/components/list-head';
import { EmptyState, ErrorState, LoadingState, RefreshLine } from '@/components/states';
import { formatCount, localZone } from '@/lib/format';
import { loadsOf } from './load-history';
import { LoadItem, loadGrid } from './load-item';

export default function LoadsTab({ dataset }: { dataset: DatasetDetail }) {
  const versions = useListVersionsInfiniteQuery(dataset.name);
  if (versions.data === undefined) {
    return versions.isError ? (
      <ErrorState problem={toProblem(versions.error)} onRetry={() => void versions.refetch()} />
    ) : (
      <LoadingState rows={6} label="Loading loads" />
    );
  }
  const loads = loadsOf(versions.data.pages.flatMap((page) => page.items));
  const zone = localZone();
  const more = versions.hasNextPage && (
    <Button
      size="small"
      loading={versions.isFetchingNextPage}
      onClick={() => void versions.fetchNextPage()}
    >
      Show older
    </Button>
  );
  if (loads.length === 0) {
    return (
      <EmptyState icon="upload" title="No loads yet" action={more}>
        {versions.hasNextPage
          ? 'The newest versions were made by other things than loads.'
          : 'Uploads and pushed rows are listed here.'}
      </EmptyState>
    );
  }
  return (
    <>
      <RefreshLine active={versions.isFetching} />
      <Box sx={{ border: 1, borderColor: 'divider', borderRadius: 1, bgcolor: 'background.paper' }}>
        <ListHead
          grid={loadGrid}
          names={[`When (${zone})`, 'Source', 'Rows', 'Rejected', 'Stored', 'Took']}
          right={['Rows', 'Rejected', 'Stored', 'Took']}
        />
        <Box component="ul" aria-label="Loads" sx={{ listStyle: 'none', m: 0, p: 0 }}>
          {loads.map((load) => (
            <LoadItem
              key={`${load.load_id} ${load.version}`}
              dataset={dataset.name}
              load={load}
              zone={zone}
            />
          ))}
        </Box>
      </Box>
      <Box sx={{ display: 'flex', alignItems: 'center', gap: 3, mt: 3, color: 'text.secondary' }}>
        <Box sx={{ flex: 1 }}>
          {formatCount(loads.length, 'load')}
          {versions.hasNextPage ? ', older ones are not shown yet' : ', all that the log knows'}
        </Box>
        {more}
      </Box>
    </>
  );
}
