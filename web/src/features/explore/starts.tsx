// Nothing is chosen yet: a few questions to begin with.
import Button from '@mui/material/Button';
import type { Model } from '@/api/types';
import { EmptyState } from '@/components/states';
import { offered } from '@/lib/offered';
import type { ExploreState } from './state/explore-state';

export interface Start {
  label: string;
  part: Partial<ExploreState>;
}

/** Hardly anything to group by: each row has another. */
const namesRows = (name: string): boolean =>
  /(^|[^a-z])(id|uuid|key|number|no)$/i.test(name) || /[a-z](Id|Uuid|Key|Number)$/.test(name);

export function startsOf(model: Model): Start[] {
  const measure = offered(model.measures)[0];
  if (!measure) return [];
  const texts = offered(model.dimensions).filter(({ type }) => type === 'string');
  const text = texts.find(({ name }) => !namesRows(name)) ?? texts[0];
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
