// Nothing is chosen yet: a few questions to begin with.
import Button from '@mui/material/Button';
import type { Model } from '@/api/types';
import { EmptyState } from '@/components/states';
import type { ExploreState } from './state/explore-state';

export interface Start {
  label: string;
  part: Partial<ExploreState>;
}

export function startsOf(model: Model): Start[] {
  const measure = model.measures[0];
  if (!measure) return [];
  const text = model.dimensions.find(({ type }) => type === 'string');
  const measures = [measure.name];
  return [
    ...(model.time_dimension
      ? [{ label: `${measure.label} by day`, part: { measures, grain: 'day' as const } }]
      : []),
    ...(text
      ? [
          {
            label: `${measure.label} by ${text.label.toLowerCase()}`,
            part: { measures, dimensions: [text.name] },
          },
        ]
      : []),
    { label: `${measure.label} in all`, part: { measures, range: 'all' } },
  ];
}

export interface StartsProps {
  model: Model;
  change: (edit: (state: ExploreState) => ExploreState) => void;
}

export default function Starts({ model, change }: StartsProps) {
  return (
    <EmptyState
      icon="chart"
      title="Pick a measure or a dimension"
      action={startsOf(model).map(({ label, part }) => (
        <Button key={label} onClick={() => change((old) => ({ ...old, ...part }))}>
          {label}
        </Button>
      ))}
    >
      The fields of {model.label} are in the list; the answer comes as you choose. Or begin with:
    </EmptyState>
  );
}
