// The answer as a picture, drawn by the kinds of widgets that dashboards have. A click on a mark filters by it.
import Box from '@mui/material/Box';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { Suspense, useMemo } from 'react';
import type { Cell, Model, QueryResult, Widget, WidgetKind } from '@/api/types';
import { assignSlots } from '@/charts/core/color-map';
import { ErrorBoundary } from '@/components/error-boundary';
import { PossibleItem, reachesAll } from '@/components/possible-item';
import { LoadingState } from '@/components/states';
import { kindOf } from '@/widgets/registry';
import { readColumns, splitOf } from '@/widgets/result-columns';
import { withJoinedLabels } from '../query/joined-labels';
import type { ExploreState } from '../state/explore-state';
import { kindChoices } from './chart-kinds';
import { drawnMeasures } from './chart-measures';

export interface ExploreChartProps {
  title: string;
  kind: WidgetKind;
  state: ExploreState;
  model: Model;
  result: QueryResult;
  before: QueryResult | null;
  onFilter: (member: string, value: Cell) => void;
}

export function ExploreChart(props: ExploreChartProps) {
  const { title, kind, state, model, before, onFilter } = props;
  const { result, note } = useMemo(() => {
    const labelled = withJoinedLabels(props.result, model);
    // A map has a scale for each of its measures.
    return kind === 'map' ? { result: labelled, note: null } : drawnMeasures(labelled);
  }, [props.result, model, kind]);
  const earlier = useMemo(() => (before ? drawnMeasures(before).result : null), [before]);
  const models = useMemo(() => [model], [model]);
  const widget = useMemo(
    (): Widget => ({
      id: 'explore',
      kind,
      title,
      layout: { x: 0, y: 0, w: 12, h: 5 },
      query: {},
      options: state.compare ? { comparison: 'previous_period' } : {},
    }),
    [kind, title, state.compare],
  );
  const colors = useMemo(() => {
    const split = splitOf(readColumns(result));
    if (!split) return {};
    const values = split.values.map((value) => (value === null ? '\u0000' : String(value)));
    return assignSlots({}, split.column.name, values);
  }, [result]);
  const View = kindOf(kind)?.View;
  if (!View) return null;
  const label = `Drawing ${title}`;
  return (
    <>
      <Box
        data-testid="explore-chart"
        sx={{ height: kind === 'number' ? 96 : { xs: 280, sm: 320 } }}
      >
        <ErrorBoundary dense resetKey={`${kind} ${result.row_count}`}>
          <Suspense fallback={<LoadingState height="100%" label={label} />}>
            <View
              widget={widget}
              result={result}
              comparison={earlier}
              models={models}
              colors={colors}
              zone={result.provenance.timezone}
              live={false}
              onFilter={onFilter}
            />
          </Suspense>
        </ErrorBoundary>
      </Box>
      {note !== null && (
        <Box sx={{ typography: 'caption', color: 'text.secondary', pt: 0.5 }}>{note}</Box>
      )}
    </>
  );
}

export interface ChartKindFieldProps {
  state: ExploreState;
  model: Model;
  drawn: WidgetKind;
  onKind: (kind: WidgetKind | null) => void;
}

/** Kinds that cannot draw the choice are there and say why. */
export function ChartKindField({ state, model, drawn, onKind }: ChartKindFieldProps) {
  const choices = kindChoices(state, model);
  const auto = choices.find(({ kind }) => kind === drawn)?.label ?? '';
  return (
    <TextField
      select
      label="Chart"
      value={state.chart ?? ''}
      onChange={(event) =>
        onKind(event.target.value === '' ? null : (event.target.value as WidgetKind))
      }
      helperText={
        state.chart !== null && state.chart !== drawn ? `Drawn as ${auto.toLowerCase()}` : undefined
      }
      sx={{ width: 176 }}
      slotProps={{
        select: {
          displayEmpty: true,
          MenuProps: { slotProps: reachesAll },
          renderValue: (value) =>
            value === ''
              ? `Auto: ${auto.toLowerCase()}`
              : choices.find(({ kind }) => kind === value)?.label,
        },
        inputLabel: { shrink: true },
      }}
    >
      <MenuItem value="">Auto: what suits the choice</MenuItem>
      {choices.map(({ kind, label, obstacle }) => (
        <PossibleItem key={kind} value={kind} disabled={obstacle !== null} obstacle={obstacle}>
          {label}
        </PossibleItem>
      ))}
    </TextField>
  );
}
