// A query that does not fit its kind of picture says so instead of drawing nonsense.
import { EmptyState } from '@/components/states';
import type { WidgetKind } from '@/api/types';

const words: Partial<Record<WidgetKind, string>> = {
  heatmap: 'A heatmap needs one measure and two directions: two dimensions, or one and time.',
  map: 'A map needs a measure, and a latitude with its longitude: the model says which dimensions are these.',
  number: 'A number needs one measure.',
};

export function NothingToDraw({ kind }: { kind: WidgetKind }) {
  return (
    <EmptyState dense title="This query does not fit this kind of chart">
      {words[kind] ?? 'It needs a measure, and a dimension or a time with a grain.'}
    </EmptyState>
  );
}
