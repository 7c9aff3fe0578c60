// What happened to the dataset, newest first: every version with what made it, what changed between two of them, and
// the way to look at an older one.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useCallback, useState } from 'react';
import { useSearchParams } from 'react-router';
import { toProblem } from '@/api/problem';
import type { DatasetDetail, DatasetVersion } from '@/api/types';
import { useListVersionsInfiniteQuery } from '@/api/versions-api';
import { ListHead } from '@/components/list-head';
import { EmptyState, ErrorState, LoadingState, RefreshLine } from '@/components/states';
import { formatCommit } from '@/lib/commit-time';
import { formatCount, formatNumber, localZone } from '@/lib/format';
import { ComparePanel } from './compare-panel';
import { readPair } from './compare-words';
import { OpenAsOf } from './open-as-of';
import { VersionItem, versionGrid } from './version-item';

export default function VersionsTab({ dataset }: { dataset: DatasetDetail }) {
  const versions = useListVersionsInfiniteQuery(dataset.name);
  const [params, setParams] = useSearchParams();
  const [opened, setOpened] = useState<DatasetVersion | null>(null);
  const compare = useCallback(
    (from: number | null, to: number | null) => {
      const next = new URLSearchParams({ tab: 'versions' });
      if (from !== null) next.set('from', String(from));
      if (to !== null) next.set('to', String(to));
      setParams(next);
    },
    [setParams],
  );
  if (versions.data === undefined) {
    return versions.isError ? (
      <ErrorState problem={toProblem(versions.error)} onRetry={() => void versions.refetch()} />
    ) : (
      <LoadingState rows={6} label="Loading versions" />
    );
  }
  const items = versions.data.pages.flatMap((page) => page.items);
  const [newest] = versions.data.pages;
  if (newest === undefined || items.length === 0) {
    return (
      <EmptyState icon="clock" title="No versions are listed">
        The log of this dataset does not say any more what made it.
      </EmptyState>
    );
  }
  const zone = localZone();
  const pair = readPair(params, newest.latest);
  return (
    <>
      <Box sx={{ color: 'text.secondary', mb: 4, maxWidth: '80ch' }}>
        Every change makes a version. Versions since {formatCommit(newest.readable_since, zone)}{' '}
        (version {formatNumber(newest.first_readable, 'integer')}) can still be looked at; times are
        in {zone}.
      </Box>
      <ComparePanel name={dataset.name} items={items} zone={zone} pair={pair} onChange={compare} />
      <RefreshLine active={versions.isFetching} />
      <Box sx={{ border: 1, borderColor: 'divider', borderRadius: 1, bgcolor: 'background.paper' }}>
        <ListHead
          grid={versionGrid}
          names={['Version', 'When', 'What', 'Added', 'Removed']}
          right={['Added', 'Removed']}
        />
        <Box component="ul" aria-label="Versions" sx={{ listStyle: 'none', m: 0, p: 0 }}>
          {items.map((version) => (
            <VersionItem
              key={version.version}
              version={version}
              latest={newest.latest}
              zone={zone}
              onOpen={() => setOpened(version)}
              onCompare={compare}
            />
          ))}
        </Box>
      </Box>
      <Box sx={{ display: 'flex', alignItems: 'center', gap: 3, mt: 3, color: 'text.secondary' }}>
        <Box sx={{ flex: 1 }}>
          {formatCount(items.length, 'version')}
          {versions.hasNextPage ? ', older ones are not shown yet' : ', all that the log knows'}
        </Box>
        {versions.hasNextPage && (
          <Button
            size="small"
            loading={versions.isFetchingNextPage}
            onClick={() => void versions.fetchNextPage()}
          >
            Show older
          </Button>
        )}
      </Box>
      {opened && (
        <OpenAsOf dataset={dataset} version={opened} zone={zone} onClose={() => setOpened(null)} />
      )}
    </>
  );
}
