// What runs in the background did last for each dataset, how long it took and what failed. For admins.
import Box from '@mui/material/Box';
import IconButton from '@mui/material/IconButton';
import Link from '@mui/material/Link';
import { Link as RouterLink } from 'react-router';
import { toProblem } from '@/api/problem';
import type { UpkeepRecord, UpkeepReport as Report } from '@/api/types';
import { useGetUpkeepQuery } from '@/api/versions-api';
import { SectionCard } from '@/components/section-card';
import { EmptyState, ErrorState, LoadingState, RefreshLine } from '@/components/states';
import { formatAge, formatElapsed, formatInstant, localZone } from '@/lib/format';
import { Icon } from '@/theme/icons';
import { choreName, doneText, inOrder } from './upkeep-words';

export interface UpkeepReportProps {
  /** Only of this dataset; left out: of all. */
  dataset?: string;
}

export function UpkeepReport({ dataset }: UpkeepReportProps) {
  const report = useGetUpkeepQuery(undefined, { refetchOnMountOrArgChange: true });
  return (
    <SectionCard
      title="Upkeep"
      lead={
        dataset === undefined
          ? 'What the server does to datasets in the background.'
          : 'What the server did to this dataset in the background.'
      }
      flush
      actions={
        <IconButton aria-label="Refresh upkeep" onClick={() => void report.refetch()}>
          <Icon name="refresh" />
        </IconButton>
      }
    >
      <RefreshLine active={report.isFetching} />
      {report.data === undefined ? (
        <Box sx={{ p: 4 }}>
          {report.isError ? (
            <ErrorState
              dense
              problem={toProblem(report.error)}
              onRetry={() => void report.refetch()}
            />
          ) : (
            <LoadingState rows={3} label="Loading upkeep" />
          )}
        </Box>
      ) : (
        <Records report={report.data} dataset={dataset} />
      )}
    </SectionCard>
  );
}

function Records({ report, dataset }: { report: Report; dataset: string | undefined }) {
  const records = inOrder(
    report.records.filter((record) => dataset === undefined || record.dataset === dataset),
  );
  if (!report.enabled && records.length === 0) {
    return (
      <EmptyState icon="warning" title="Upkeep is switched off">
        Small segments are not merged and old rows are not deleted. The setting upkeep_seconds of
        the server turns it on.
      </EmptyState>
    );
  }
  if (records.length === 0) {
    return (
      <EmptyState dense title="There was nothing to do yet">
        {report.listed_at === null
          ? 'The server has just been started.'
          : `All datasets were looked at ${formatAge(report.listed_at)}.`}
      </EmptyState>
    );
  }
  return (
    <Box component="ul" aria-label="What upkeep did" sx={{ listStyle: 'none', m: 0, p: 0 }}>
      {records.map((record) => (
        <RecordItem
          key={`${record.dataset} ${record.chore}`}
          record={record}
          named={dataset === undefined}
        />
      ))}
    </Box>
  );
}

function RecordItem({ record, named }: { record: UpkeepRecord; named: boolean }) {
  const zone = localZone();
  return (
    <Box
      component="li"
      sx={{
        display: 'grid',
        gridTemplateColumns: {
          xs: '1fr auto',
          md: `${named ? '180px ' : ''}190px minmax(0, 1fr) 120px`,
        },
        columnGap: 5,
        rowGap: 0.5,
        alignItems: 'baseline',
        px: 4,
        py: 2.5,
        borderTop: 1,
        borderColor: 'divider',
      }}
    >
      {named && (
        <Link
          component={RouterLink}
          to={`/datasets/${encodeURIComponent(record.dataset)}?tab=retention`}
          color="textPrimary"
          sx={{ overflowWrap: 'anywhere', gridColumn: { xs: '1 / -1', md: 'auto' } }}
        >
          {record.dataset}
        </Link>
      )}
      <Box sx={{ fontWeight: 500 }}>{choreName(record.chore)}</Box>
      <Box
        sx={{
          minWidth: 0,
          gridColumn: { xs: '1 / -1', md: 'auto' },
          order: { xs: 1, md: 0 },
          overflowWrap: 'anywhere',
          color: record.error === null ? 'text.secondary' : 'error.main',
          fontVariantNumeric: 'tabular-nums',
        }}
      >
        {record.error === null
          ? `${doneText(record)}, in ${formatElapsed(record.duration_ms)}`
          : `Failed, and is tried again later: ${record.error}`}
      </Box>
      <Box
        component="time"
        dateTime={record.started_at}
        title={`${formatInstant(record.started_at, zone, 'second')} (${zone})`}
        sx={{ textAlign: 'right', color: 'text.secondary', fontSize: '0.75rem' }}
      >
        {formatAge(record.started_at)}
      </Box>
    </Box>
  );
}
