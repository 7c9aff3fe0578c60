// Statements to begin with for who faces an empty editor: the first rows of the largest dataset, and what its model counts. Pure.
import { measureCall } from './model-names';
import { quotedName } from './quoted-name';
import type { Schema } from './use-schema';

export interface FirstStatement {
  label: string;
  sql: string;
}

export function firstStatements({
  datasets,
  models,
}: Pick<Schema, 'datasets' | 'models'>): FirstStatement[] {
  const [largest] = [...datasets].sort((a, b) => b.rows - a.rows);
  if (!largest) return [];
  const table = quotedName(largest.name);
  const measure = models[largest.name]?.measures[0];
  return [
    {
      label: `First rows of ${largest.label || largest.name}`,
      sql: `select *\nfrom ${table}\nlimit 100`,
    },
    ...(measure
      ? [
          {
            label: `${measure.label} in all`,
            sql: `select ${measureCall(measure.name)}\nfrom ${table}`,
          },
        ]
      : []),
  ];
}
