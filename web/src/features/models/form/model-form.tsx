// A model as a form. Every edit is one of the model itself, so that the text says the same.
import Box from '@mui/material/Box';
import { Suspense, useMemo, useRef } from 'react';
import type {
  ColumnType,
  DatasetColumn,
  FieldProblem,
  Model,
  ModelDimension,
  ModelMeasure,
} from '@/api/types';
import { chunkComponent } from '@/components/chunk-component';
import { SectionCard } from '@/components/section-card';
import { typeWords } from '@/components/type-sign';
import { LoadingState } from '@/components/states';
import { filterText } from '@/lib/filter-words';
import { targetOf, widened } from '@/lib/joins';
import type { AccessSectionProps } from '../access/access-section';
import { kindOfMeasure } from '../state/measure-kinds';
import { isSavedName, nameWith } from '../state/name-after';
import { saidAt } from '../state/places';
import { columnTypes, formats } from '../state/vocabulary';
import { DimensionSource } from './dimension-source';
import { Choice, Fields, ReadOnly, Text } from './fields';
import { FiltersField } from './filters-field';
import type { GranularitiesFieldProps } from './granularities-field';
import type { HierarchiesSectionProps } from './hierarchies-section';
import { ItemList } from './item-list';
import { Jumps } from './jumps';
import type { JoinFieldsProps } from './join-fields';
import type { MeasureFieldsProps } from './measure-fields';
import { PlaceFields } from './place-fields';
import type { RollupsSectionProps } from './rollups-section';
import { SaidFields } from './said-fields';

const AccessSection = chunkComponent<AccessSectionProps>(() => import('../access/access-section'));
// Fields come when something is opened.
const MeasureFields = chunkComponent<MeasureFieldsProps>(() => import('./measure-fields'));
const JoinFields = chunkComponent<JoinFieldsProps>(() => import('./join-fields'));
const Hierarchies = chunkComponent<HierarchiesSectionProps>(() => import('./hierarchies-section'));
const Rollups = chunkComponent<RollupsSectionProps>(() => import('./rollups-section'));
const Granularities = chunkComponent<GranularitiesFieldProps>(
  () => import('./granularities-field'),
);

export interface ModelFormProps {
  model: Model;
  /** As it is stored: names in it are used elsewhere. */
  base: Model;
  models: readonly Model[];
  columns: readonly DatasetColumn[];
  problems: readonly FieldProblem[];
  readOnly: boolean;
  onEdit: (change: (old: Model) => Model) => void;
}

const isTime = (type: string): boolean => type === 'timestamp' || type === 'date';

export function ModelForm(props: ModelFormProps) {
  const { model, base, models, problems, readOnly, onEdit } = props;
  const form = useRef<HTMLElement>(null);
  const columns = props.columns.map(({ name }) => name);
  const set = (part: Partial<Model>): void => onEdit((old) => ({ ...old, ...part }));
  const isSaved = (list: 'dimensions' | 'measures' | 'segments', place: number): boolean =>
    isSavedName(model[list] ?? [], place, base[list] ?? []);
  // Conditions may be on what rows belong to.
  const wide = useMemo(() => widened(model, models), [model, models]);
  const others = models.filter((entry) => entry.name !== model.name);
  const foreign = others.flatMap((entry) =>
    entry.dimensions.map(({ name }) => `${entry.name}.${name}`),
  );
  const elsewhere = others.flatMap((entry) =>
    entry.measures.map(({ name, label }) => ({
      value: `${entry.name}.${name}`,
      label: `${entry.label}: ${label || name}`,
    })),
  );
  const general = ['label', 'description', 'meta', 'time_dimension', 'name', 'dataset']
    .map((path) => saidAt(problems, path))
    .filter(Boolean)
    .join(' ');
  return (
    <ReadOnly value={readOnly}>
      <Box
        ref={form}
        sx={{
          display: 'grid',
          gap: 4,
          gridTemplateColumns: 'minmax(0, 1fr)',
          '& section': { scrollMarginTop: 16 },
        }}
      >
        <Jumps
          within={form}
          parts={[
            ['Dimensions', model.dimensions.length],
            ['Measures', model.measures.length],
            ['Joins', (model.joins ?? []).length],
            ['Named filters', (model.segments ?? []).length],
            ['Hierarchies', (model.hierarchies ?? []).length],
            ['Rollups', (model.rollups ?? []).length],
            ['Access', model.access_policies?.length ?? null],
          ]}
        />
        <SectionCard title="General">
          <Fields>
            <Text label="Label" value={model.label} onChange={(label) => set({ label })} />
            <Choice
              label="Time dimension"
              value={model.time_dimension}
              none="None"
              options={model.dimensions
                .filter(({ type }) => isTime(type))
                .map(({ name, label }) => ({ value: name, label }))}
              onChange={(value) => set({ time_dimension: value === '' ? null : value })}
            />
          </Fields>
          <Box sx={{ display: 'grid', mt: 4 }}>
            <SaidFields of={model} onChange={set} />
          </Box>
          {general && (
            <Box role="alert" sx={{ color: 'error.main', mt: 2 }}>
              {general}
            </Box>
          )}
        </SectionCard>
        <ItemList
          title="Dimensions"
          lead="What can be grouped by and filtered"
          list="dimensions"
          noun="dimension"
          items={model.dimensions}
          problems={problems}
          nameOf={({ label, name }) => label || name}
          summary={({ name, type, expression }) =>
            [name, expression ?? typeWords[type].label.toLowerCase()]
              .filter(Boolean)
              .join(' \u00b7 ')
          }
          fresh={(): ModelDimension => ({ name: '', label: '', type: 'string', expression: '' })}
          onChange={(dimensions) => set({ dimensions })}
        >
          {(dimension, change, place) => {
            const saved = isSaved('dimensions', place);
            const edit = (part: Partial<typeof dimension>): void =>
              change({ ...dimension, ...part });
            return (
              <>
                <Fields>
                  <Text
                    label="Label"
                    value={dimension.label}
                    onChange={(label) => edit({ label, ...nameWith(label, dimension, saved) })}
                  />
                  <Text
                    label="Name"
                    value={dimension.name}
                    fixed={saved}
                    onChange={(name) => edit({ name })}
                  />
                  <Text
                    label="Format"
                    value={dimension.format}
                    offers={formats}
                    onChange={(format) => edit({ format: format || null })}
                  />
                  <DimensionSource
                    dimension={dimension}
                    columns={props.columns}
                    onChange={change}
                  />
                  <Choice
                    label="Type"
                    value={dimension.type}
                    fixed={saved && dimension.expression == null}
                    options={columnTypes.map((value) => ({
                      value,
                      label: typeWords[value as ColumnType].label,
                    }))}
                    onChange={(type) => edit({ type: type as ColumnType })}
                  />
                  <Text
                    label="Same as"
                    value={dimension.same_as}
                    offers={foreign}
                    hint="A dimension of another model with the same values: orders.at"
                    onChange={(same_as) => edit({ same_as: same_as || null })}
                  />
                  <PlaceFields
                    dimension={dimension}
                    dimensions={model.dimensions}
                    onChange={change}
                  />
                </Fields>
                <SaidFields of={dimension} onChange={edit} />
                {dimension.expression != null && (
                  <Text
                    code
                    label="Expression"
                    value={dimension.expression}
                    hint="SQL over the columns of the dataset"
                    onChange={(expression) => edit({ expression })}
                  />
                )}
                {(isTime(dimension.type) || (dimension.granularities ?? []).length > 0) && (
                  <Granularities
                    granularities={dimension.granularities ?? []}
                    saved={
                      base.dimensions.find(({ name }) => name === dimension.name)?.granularities ??
                      []
                    }
                    type={dimension.type}
                    onChange={(granularities) => edit({ granularities })}
                  />
                )}
              </>
            );
          }}
        </ItemList>
        <ItemList
          title="Measures"
          lead="What can be computed"
          list="measures"
          noun="measure"
          items={model.measures}
          problems={problems}
          nameOf={({ label, name }) => label || name}
          summary={({ name, kind }) =>
            [name, kindOfMeasure(kind).label.toLowerCase()].filter(Boolean).join(' \u00b7 ')
          }
          fresh={(): ModelMeasure => ({ name: '', label: '', kind: 'count' })}
          onChange={(measures) => set({ measures })}
        >
          {(measure, change, place) => (
            <MeasureFields
              model={model}
              wide={wide}
              elsewhere={elsewhere}
              measure={measure}
              columns={columns}
              saved={isSaved('measures', place)}
              onChange={change}
            />
          )}
        </ItemList>
        <ItemList
          title="Joins"
          lead="Models that rows of this one belong to"
          list="joins"
          noun="join"
          items={model.joins ?? []}
          problems={problems}
          nameOf={({ name }) => name}
          summary={(join) =>
            `${targetOf(join)} by ${join.on.map(({ column, other }) => `${column} = ${other}`).join(', ')}`
          }
          fresh={() => ({ name: '', on: [{ column: '', other: '' }] })}
          onChange={(joins) => set({ joins })}
        >
          {(join, change) => <JoinFields {...{ join, model, models, columns }} onChange={change} />}
        </ItemList>
        <ItemList
          title="Named filters"
          lead="Conditions that questions switch on by their name"
          list="segments"
          noun="named filter"
          items={model.segments ?? []}
          problems={problems}
          nameOf={({ label, name }) => label || name}
          summary={({ filters }) => filters.map((filter) => filterText(filter, [wide])).join(', ')}
          fresh={() => ({ name: '', label: '', filters: [] })}
          onChange={(segments) => set({ segments })}
        >
          {(segment, change, place) => (
            <>
              <Fields>
                <Text
                  label="Label"
                  value={segment.label}
                  onChange={(label) =>
                    change({
                      ...segment,
                      label,
                      ...nameWith(label, segment, isSaved('segments', place)),
                    })
                  }
                />
                <Text
                  label="Name"
                  value={segment.name}
                  fixed={isSaved('segments', place)}
                  onChange={(name) => change({ ...segment, name })}
                />
              </Fields>
              <SaidFields of={segment} onChange={(part) => change({ ...segment, ...part })} />
              <FiltersField
                title="Rows where"
                model={wide}
                filters={segment.filters}
                onChange={(filters) => change({ ...segment, filters })}
              />
            </>
          )}
        </ItemList>
        <Suspense fallback={<LoadingState rows={2} label="Loading hierarchies" />}>
          <Hierarchies
            {...{ model, models, problems }}
            saved={base.hierarchies ?? []}
            onChange={(hierarchies) => set({ hierarchies })}
          />
        </Suspense>
        <Suspense fallback={<LoadingState rows={2} label="Loading rollups" />}>
          <Rollups {...{ model, problems }} onChange={(rollups) => set({ rollups })} />
        </Suspense>
        <Suspense fallback={<LoadingState rows={2} label="Loading access" />}>
          <AccessSection
            {...{ model, models, columns, problems }}
            onChange={(access_policies) => set({ access_policies })}
          />
        </Suspense>
      </Box>
    </ReadOnly>
  );
}
