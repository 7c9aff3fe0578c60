// The rows of a statement as pictures, one for each scale of their numbers, drawn by the kinds of widgets that dashboards have.
import Box from '@mui/material/Box';
import { Suspense, useMemo } from 'react';
import type { Model, QueryResult, Widget } from '@/api/types';
import { assignSlots } from '@/charts/core/color-map';
import { ErrorBoundary } from '@/components/error-boundary';
import { EmptyState, LoadingState } from '@/components/states';
import { kindOf } from '@/widgets/registry';
import { readColumns, splitOf } from '@/widgets/result-columns';
import { picturesOf } from './pictures';

export interface AnswerChartProps {
  result: QueryResult;
  height: number;
}

/** What a statement names is of no model. */
const noModels: readonly Model[] = [];

export default function AnswerChart({ result, height }: AnswerChartProps) {
  const pictures = useMemo(() => picturesOf(result), [result]);
  if (typeof pictures === 'string') {
    return (
      <Box data-testid="sql-chart" sx={{ height }}>
        <EmptyState dense title="Not drawn">
          {pictures}.
        </EmptyState>
      </Box>
    );
  }
  const { kind, results } = pictures;
  const several = results.length > 1;
  return (
    <Box
      data-testid="sql-chart"
      sx={{
        minHeight: height,
        display: 'grid',
        gap: 4,
        p: 4,
        gridTemplateColumns:
          kind === 'bar' ? 'repeat(auto-fit, minmax(min(100%, 300px), 1fr))' : 'minmax(0, 1fr)',
      }}
    >
      {results.map((picture) => {
        const title = picture.columns
          .filter(({ role }) => role === 'measure')
          .map(({ label }) => label)
          .join(', ');
        return (
          <Box
            key={title}
            sx={{
              display: 'flex',
              flexDirection: 'column',
              minWidth: 0,
              height: several && kind === 'line' ? 200 : height - 32,
            }}
          >
            {several && (
              <Box component="h2" sx={{ m: 0, mb: 1, typography: 'h3', color: 'text.secondary' }}>
                {title}
              </Box>
            )}
            <Box sx={{ flex: 1, minHeight: 0 }}>
              <Drawn kind={kind} title={title} result={picture} />
            </Box>
          </Box>
        );
      })}
    </Box>
  );
}

interface DrawnProps {
  kind: 'line' | 'bar';
  title: string;
  result: QueryResult;
}

function Drawn({ kind, title, result }: DrawnProps) {
  const colors = useMemo(() => {
    const split = splitOf(readColumns(result));
    if (!split) return {};
    const values = split.values.map((value) => (value === null ? '\u0000' : String(value)));
    return assignSlots({}, split.column.name, values);
  }, [result]);
  const widget = useMemo(
    (): Widget => ({
      id: 'sql',
      kind,
      title,
      layout: { x: 0, y: 0, w: 12, h: 5 },
      query: {},
      options: {},
    }),
    [kind, title],
  );
  const View = kindOf(kind)?.View;
  if (!View) return null;
  return (
    <ErrorBoundary dense resetKey={`${kind} ${result.row_count}`}>
      <Suspense fallback={<LoadingState height="100%" label="Drawing the result" />}>
        <View
          widget={widget}
          result={result}
          comparison={null}
          models={noModels}
          colors={colors}
          zone={result.provenance.timezone}
          live={false}
        />
      </Suspense>
    </ErrorBoundary>
  );
}
