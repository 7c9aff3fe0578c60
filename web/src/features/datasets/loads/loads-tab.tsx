// How the rows came in, newest first: every load with what it took, what it left behind, how long that was, and what is not
// as it was before. One of them by itself where the address says so.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useSearchParams } from 'react-router';
import { toProblem } from '@/api/problem';
import type { DatasetDetail } from '@/api/types';
import { useListVersionsInfiniteQuery } from '@/api/versions-api';
import { ListHead } from '@/components/list-head';
import { EmptyState, ErrorState, LoadingState, RefreshLine } from '@/components/states';
import { formatCount, localZone } from '@/lib/format';
import type { ColumnFormats } from '../use-column-formats';
import { loadsOf } from './load-history';
import { LoadItem, loadGrid } from './load-item';
import { LoadView } from './load-view';

export interface LoadsTabProps {
  dataset: DatasetDetail;
  formats: ColumnFormats;
}

export default function LoadsTab({ dataset, formats }: LoadsTabProps) {
  const [params] = useSearchParams();
  const loadId = params.get('load');
  const versions = useListVersionsInfiniteQuery(dataset.name);
  if (versions.data === undefined) {
    return versions.isError ? (
      <ErrorState problem={toProblem(versions.error)} onRetry={() => void versions.refetch()} />
    ) : (
      <LoadingState rows={6} label="Loading loads" />
    );
  }
  const loads = loadsOf(versions.data.pages.flatMap((page) => page.items));
  if (loadId !== null) {
    const past = loads.find((load) => load.load_id === loadId);
    return (
      <LoadView key={loadId} dataset={dataset} loadId={loadId} past={past} formats={formats} />
    );
  }
  const recent = new Map(dataset.loads.map((load) => [load.load_id, load]));
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
              recent={recent.get(load.load_id)}
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
