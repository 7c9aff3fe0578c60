// Rows that were not taken, each with the reason, page by page.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useState } from 'react';
import { useListRejectsQuery } from '@/api/datasets-api';
import { toProblem } from '@/api/problem';
import { EmptyState, ErrorState, LoadingState, RefreshLine } from '@/components/states';
import { formatNumber } from '@/lib/format';
import { RejectsTable } from './rejects-table';

const pageSize = 100;

export function RejectsTab({ name }: { name: string }) {
  const [offset, setOffset] = useState(0);
  const rejects = useListRejectsQuery({ name, limit: pageSize, offset });
  if (rejects.data === undefined) {
    return rejects.isError ? (
      <ErrorState problem={toProblem(rejects.error)} onRetry={() => void rejects.refetch()} />
    ) : (
      <LoadingState rows={6} label="Loading rejected rows" />
    );
  }
  const { items, total } = rejects.data;
  if (total === 0) {
    return (
      <EmptyState icon="check" title="No rejected rows">
        Every row of every load was taken.
      </EmptyState>
    );
  }
  const last = Math.min(offset + items.length, total);
  return (
    <>
      <RefreshLine active={rejects.isFetching} />
      <RejectsTable items={items} label={`Rejected rows of ${name}`} />
      <Box sx={{ display: 'flex', alignItems: 'center', gap: 2, mt: 3 }}>
        <Box sx={{ flex: 1, color: 'text.secondary' }}>
          {formatNumber(offset + 1, 'integer')} to {formatNumber(last, 'integer')} of{' '}
          {formatNumber(total, 'integer')}
        </Box>
        <Button
          size="small"
          disabled={offset === 0}
          onClick={() => setOffset(Math.max(0, offset - pageSize))}
        >
          Previous
        </Button>
        <Button size="small" disabled={last >= total} onClick={() => setOffset(offset + pageSize)}>
          Next
        </Button>
      </Box>
    </>
  );
}
