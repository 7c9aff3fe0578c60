// The first rows of a view as it is saved: its first measures by its first dimension. Loaded beside the form.
import Box from '@mui/material/Box';
import useMediaQuery from '@mui/material/useMediaQuery';
import { toProblem } from '@/api/problem';
import { useRunQueryQuery } from '@/api/query-api';
import type { SemanticQuery } from '@/api/types';
import { useStoredResult } from '@/api/use-stored-result';
import { DataTable } from '@/components/data-table';
import { SectionCard } from '@/components/section-card';
import { ErrorState, LoadingState } from '@/components/states';
import { nothingSeen } from '@/lib/access-words';

export interface ViewPreviewProps {
  /** Of the view. */
  label: string;
  query: SemanticQuery;
  /** The form says more than what is saved. */
  outdated: boolean;
}

export default function ViewPreview({ label, query, outdated }: ViewPreviewProps) {
  const touched = useMediaQuery('(pointer: coarse)');
  const answer = useRunQueryQuery(query);
  const result = useStoredResult(answer.data?.key)?.result;
  return (
    <SectionCard
      title="First rows"
      lead={outdated ? 'As it is saved, without what is changed here' : 'Of its first members'}
      flush
    >
      <Box sx={{ borderTop: 1, borderColor: 'divider' }}>
        {result ? (
          <DataTable
            label={`First rows of ${label}`}
            columns={result.columns}
            data={result.data}
            rowCount={result.row_count}
            zone={result.provenance.timezone || 'UTC'}
            // All of its rows: they are higher where they are touched.
            height={(touched ? 46 : 34) * (Math.max(1, result.row_count) + 1)}
            sortable={false}
            emptyText={nothingSeen(result) ?? 'No rows'}
          />
        ) : (
          <Box sx={{ p: 4 }}>
            {answer.isError ? (
              <ErrorState
                dense
                problem={toProblem(answer.error)}
                onRetry={() => void answer.refetch()}
              />
            ) : (
              <LoadingState rows={3} label="Loading rows" />
            )}
          </Box>
        )}
      </Box>
    </SectionCard>
  );
}
