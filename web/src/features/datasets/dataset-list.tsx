// All datasets: what they are called, how much they hold, what time they cover, how fresh they are.
import Box from '@mui/material/Box';
import { useState } from 'react';
import { useListDatasetsQuery } from '@/api/datasets-api';
import { toProblem } from '@/api/problem';
import type { DatasetSummary } from '@/api/types';
import { FindField, searchFrom } from '@/components/find-field';
import { LinkButton } from '@/components/link-button';
import { ItemLink, ListBox, ListItem, numberCell } from '@/components/list-box';
import { EmptyState, ErrorState, LoadingState } from '@/components/states';
import { formatAge, formatCount, formatNumber, formatRange, missingText } from '@/lib/format';

const grid = {
  display: 'grid',
  gridTemplateColumns: {
    xs: '1fr auto',
    md: 'minmax(220px, 2fr) 110px 100px minmax(180px, 1.3fr) 120px',
  },
  columnGap: 8,
  px: 4,
};

export function DatasetList({ mayUpload }: { mayUpload: boolean }) {
  const datasets = useListDatasetsQuery();
  const [search, setSearch] = useState('');

  if (datasets.isError && datasets.data === undefined) {
    return (
      <ErrorState problem={toProblem(datasets.error)} onRetry={() => void datasets.refetch()} />
    );
  }
  if (datasets.data === undefined) return <LoadingState rows={5} label="Loading datasets" />;
  if (datasets.data.length === 0) {
    return (
      <EmptyState
        icon="dataset"
        title="No datasets yet"
        action={
          mayUpload && (
            <LinkButton to="/datasets/upload" icon="upload">
              Upload a file
            </LinkButton>
          )
        }
      >
        {mayUpload
          ? 'Bring a CSV, JSON, Excel, Parquet, Arrow or Avro file. You see the columns and types before anything is stored.'
          : 'An editor of your organisation can upload the first file.'}
      </EmptyState>
    );
  }

  const wanted = search.trim().toLowerCase();
  const shown = datasets.data.filter((dataset) =>
    `${dataset.label} ${dataset.name}`.toLowerCase().includes(wanted),
  );
  return (
    <>
      {datasets.data.length >= searchFrom && (
        <FindField label="Find a dataset" value={search} onChange={setSearch} />
      )}
      <ListBox
        label="Datasets"
        fetching={datasets.isFetching}
        grid={grid}
        names={['Name', 'Rows', 'Size', 'Covers', 'Updated']}
        right={['Rows', 'Size']}
        items={shown.map((dataset) => (
          <DatasetItem key={dataset.name} dataset={dataset} />
        ))}
      >
        {shown.length === 0 && (
          <EmptyState dense title={`No dataset is called \u201c${search.trim()}\u201d`}>
            {formatCount(datasets.data.length, 'dataset')} in all.
          </EmptyState>
        )}
      </ListBox>
    </>
  );
}

function DatasetItem({ dataset }: { dataset: DatasetSummary }) {
  const quiet = { color: 'text.secondary' };
  return (
    <ListItem grid={grid}>
      <Box sx={{ minWidth: 0 }}>
        <ItemLink to={`/datasets/${encodeURIComponent(dataset.name)}`}>
          {dataset.label || dataset.name}
        </ItemLink>
        <Box sx={{ ...quiet, fontSize: '0.75rem', overflow: 'hidden', textOverflow: 'ellipsis' }}>
          {dataset.name}
          <Box component="span" sx={{ display: { md: 'none' } }}>
            {' '}
            · {formatCount(dataset.rows, 'row')}
          </Box>
        </Box>
      </Box>
      <Box sx={numberCell}>{formatNumber(dataset.rows, 'integer')}</Box>
      <Box sx={numberCell}>
        {dataset.size_bytes === null ? missingText : formatNumber(dataset.size_bytes, 'bytes')}
      </Box>
      <Box sx={{ ...quiet, display: { xs: 'none', md: 'block' } }}>
        {dataset.time_column
          ? formatRange(dataset.time_min, dataset.time_max, 'UTC')
          : 'No time column'}
      </Box>
      <Box sx={{ ...quiet, fontSize: { xs: '0.75rem', md: '0.8125rem' } }}>
        {formatAge(dataset.updated_at)}
      </Box>
    </ListItem>
  );
}
