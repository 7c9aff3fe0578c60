// What a dimension is of: a column or an expression. One that was written is there again after a look at the columns, as long
// as the dimension stays open.
import { useRef } from 'react';
import type { DatasetColumn, ModelDimension } from '@/api/types';
import { EXPRESSION, sourceOf, withSource } from '../state/source-of';
import type { Written } from '../state/source-of';
import { Choice, optionsOf } from './fields';

export interface DimensionSourceProps {
  dimension: ModelDimension;
  columns: readonly DatasetColumn[];
  onChange: (dimension: ModelDimension) => void;
}

export function DimensionSource({ dimension, columns, onChange }: DimensionSourceProps) {
  const written = useRef<Written | null>(null);
  return (
    <Choice
      label="Of"
      value={sourceOf(dimension)}
      options={[
        ...optionsOf(columns.map(({ name }) => name)),
        { value: EXPRESSION, label: 'An expression' },
      ]}
      onChange={(source) => {
        if (dimension.expression != null) written.current = dimension;
        onChange(withSource(dimension, source, columns, written.current));
      }}
    />
  );
}
