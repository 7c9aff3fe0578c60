// The fields of a measure: those that its kind takes, and no others.
import Checkbox from '@mui/material/Checkbox';
import FormControlLabel from '@mui/material/FormControlLabel';
import { useContext, useRef } from 'react';
import type { Grain, MeasureKind, Model, ModelMeasure } from '@/api/types';
import { without } from '@/lib/without';
import { asKind, measureKinds, takes } from '../state/measure-kinds';
import { nameWith } from '../state/name-after';
import { EXPRESSION } from '../state/source-of';
import { formats, grainNames } from '../state/vocabulary';
import { Choice, Fields, optionsOf, ReadOnly, Several, Text } from './fields';
import type { Option } from './fields';
import { FiltersField } from './filters-field';
import { SaidFields } from './said-fields';

export interface MeasureFieldsProps {
  model: Model;
  /** With the dimensions of what it is joined to. */
  wide: Model;
  /** Measures of other models, of which a ratio may be made. */
  elsewhere: readonly Option[];
  measure: ModelMeasure;
  columns: readonly string[];
  /** Others call it by its name, which stays once it is saved. */
  saved: boolean;
  onChange: (measure: ModelMeasure) => void;
}

export default function MeasureFields({
  model,
  wide,
  elsewhere,
  measure,
  columns,
  saved,
  onChange,
}: MeasureFieldsProps) {
  const readOnly = useContext(ReadOnly);
  const { kind } = measure;
  const set = (part: Partial<ModelMeasure>): void => onChange({ ...measure, ...part });
  const others = model.measures.filter((entry) => entry.name !== measure.name);
  const measures = others.map(({ name, label }) => ({ value: name, label }));
  const parts = kind === 'ratio' ? [...measures, ...elsewhere] : measures;
  const own = model.dimensions.map(({ name, label }) => ({ value: name, label }));
  const asked = measure.expression != null;
  // Written before a column was chosen; there again for who goes back to it.
  const written = useRef('');
  const source = (value: string): void => {
    const rest = without(measure, 'column', 'expression');
    if (measure.expression != null) written.current = measure.expression;
    if (value === EXPRESSION) onChange({ ...rest, expression: written.current });
    else onChange(value === '' ? rest : { ...rest, column: value });
  };
  return (
    <>
      <Fields>
        <Text
          label="Label"
          value={measure.label}
          onChange={(label) => set({ label, ...nameWith(label, measure, saved) })}
        />
        <Text label="Name" value={measure.name} fixed={saved} onChange={(name) => set({ name })} />
        <Choice
          label="Kind"
          value={kind}
          options={measureKinds.map((entry) => ({ value: entry.kind, label: entry.label }))}
          onChange={(value) =>
            onChange(
              asKind(
                measure,
                value as MeasureKind,
                others.map(({ name }) => name),
              ),
            )
          }
        />
        {takes(kind, 'source') && (
          <Choice
            label="Of"
            value={asked ? EXPRESSION : measure.column}
            options={[...optionsOf(columns), { value: EXPRESSION, label: 'An expression' }]}
            {...(kind === 'count' ? { none: 'Rows' } : {})}
            onChange={source}
          />
        )}
        {takes(kind, 'quantile') && (
          <Text
            label="Quantile"
            type="number"
            value={measure.quantile == null ? '' : String(measure.quantile)}
            hint="0 is the least value, 0.5 the median, 1 the greatest"
            onChange={(text) => set({ quantile: text === '' ? null : Number(text) })}
          />
        )}
        {takes(kind, 'measure') && (
          <Choice
            label={kind === 'ratio' ? 'Numerator' : 'Measure'}
            value={measure.measure}
            options={parts}
            onChange={(value) => set({ measure: value })}
          />
        )}
        {takes(kind, 'denominator') && (
          <Choice
            label="Denominator"
            value={measure.denominator}
            options={parts}
            onChange={(denominator) => set({ denominator })}
          />
        )}
        {takes(kind, 'span') && (
          <>
            <Text
              label={kind === 'rolling' ? 'Over how many' : 'How many before'}
              type="number"
              value={String(measure.span?.count ?? '')}
              onChange={(text) =>
                set({ span: { count: Number(text), unit: measure.span?.unit ?? 'month' } })
              }
            />
            <Choice
              label="Unit"
              value={measure.span?.unit}
              options={optionsOf(grainNames)}
              onChange={(unit) =>
                set({ span: { count: measure.span?.count ?? 1, unit: unit as Grain } })
              }
            />
          </>
        )}
        {takes(kind, 'by') && (
          <Several
            label="Each combination of"
            values={measure.by ?? []}
            options={own}
            onChange={(by) => set({ by })}
          />
        )}
        {takes(kind, 'within') && (
          <Several
            label="Within the same"
            values={measure.within ?? []}
            options={wide.dimensions.map(({ name, label }) => ({ value: name, label }))}
            onChange={(names) => set({ within: names })}
          />
        )}
        <Several
          label="Shown of its rows"
          values={measure.drill ?? []}
          options={model.dimensions.map(({ name, label }) => ({ value: name, label }))}
          hint="What people see of the rows behind a number; all dimensions where none is chosen"
          onChange={(drill) => set({ drill })}
        />
        <Text
          label="Format"
          value={measure.format}
          offers={formats}
          onChange={(format) => set({ format: format || null })}
        />
      </Fields>
      <SaidFields of={measure} onChange={set} />
      {((takes(kind, 'source') && asked) || takes(kind, 'formula')) && (
        <Text
          code
          label={takes(kind, 'formula') ? 'Formula' : 'Expression'}
          value={measure.expression}
          hint={
            takes(kind, 'formula')
              ? 'Measures in braces: {revenue} / {buyers}, those of other models too: {visits.count}'
              : 'SQL over the columns of the dataset'
          }
          onChange={(expression) => set({ expression })}
        />
      )}
      {takes(kind, 'filters') && (
        <FiltersField
          title="Only rows where"
          model={wide}
          filters={measure.filters ?? []}
          onChange={(filters) => set({ filters })}
        />
      )}
      {takes(kind, 'by') && (
        <FormControlLabel
          control={
            <Checkbox
              size="small"
              checked={measure.carry ?? false}
              disabled={readOnly}
              onChange={(event) => set({ carry: event.target.checked })}
            />
          }
          label="Stays what it was where there are no rows"
        />
      )}
      <FormControlLabel
        control={
          <Checkbox
            size="small"
            checked={measure.lower_is_better ?? false}
            disabled={readOnly}
            onChange={(event) => set({ lower_is_better: event.target.checked })}
          />
        }
        label="Lower is better"
      />
    </>
  );
}
