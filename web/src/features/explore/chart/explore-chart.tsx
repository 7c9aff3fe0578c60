// The answer as a picture, drawn by the kinds of widgets that dashboards have: one, or one for each scale of its measures. A click
// on a mark filters by it.
import Box from '@mui/material/Box';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { Suspense, useMemo } from 'react';
import type { Cell, Model, QueryResult, Widget, WidgetKind } from '@/api/types';
import { assignSlots } from '@/charts/core/color-map';
import type { ColorAssignments } from '@/charts/core/color-map';
import { ErrorBoundary } from '@/components/error-boundary';
import { PossibleItem, reachesAll } from '@/components/possible-item';
import { LoadingState } from '@/components/states';
import { kindOf } from '@/widgets/registry';
import { readColumns, splitOf } from '@/widgets/result-columns';
import { withJoinedLabels } from '../query/joined-labels';
import type { ExploreState } from '../state/explore-state';
import { kindChoices } from './chart-kinds';
import { before as earlierOf, drawnMeasures } from './chart-measures';
import type { Drawn, Picture } from './chart-measures';

/** A bar with the space around it, the axis and the legend, and all of a picture at most. */
const BAR_ROW = 20;
const BESIDE_BARS = 56;
const MOST_HEIGHT = 640;

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
  const { pictures, note } = useMemo((): Drawn => {
    const labelled = withJoinedLabels(props.result, model);
    // A map has a scale for each of its measures.
    return kind === 'map'
      ? { pictures: [{ label: title, result: labelled }], note: null }
      : drawnMeasures(labelled);
  }, [props.result, model, kind, title]);
  const models = useMemo(() => [model], [model]);
  const colors = useMemo(() => {
    const split = splitOf(readColumns(props.result));
    if (!split) return {};
    const values = split.values.map((value) => (value === null ? '\u0000' : String(value)));
    return assignSlots({}, split.column.name, values);
  }, [props.result]);
  const several = pictures.length > 1;
  // Bars that lie have a line each: as many as one looks at in a page are there without being left out.
  const lying = state.grain === null && (kind === 'bar' || kind === 'stacked_bar');
  const [places] = lying ? readColumns(props.result).dimensions : [];
  const tall = Math.min(MOST_HEIGHT, BAR_ROW * new Set(places?.values).size + BESIDE_BARS);
  const beside = several && state.grain === null;
  return (
    <>
      <Box
        data-testid="explore-chart"
        sx={{
          display: 'grid',
          gap: 4,
          // Over time below each other, so that one moment stands below the other; else beside each other, row by row.
          gridTemplateColumns: beside
            ? 'repeat(auto-fit, minmax(min(100%, 320px), 1fr))'
            : 'minmax(0, 1fr)',
        }}
      >
        {pictures.map((picture) => (
          <Box key={picture.label} sx={{ minWidth: 0 }}>
            {several && (
              <Box component="h3" sx={{ m: 0, mb: 1, typography: 'h3', color: 'text.secondary' }}>
                {picture.label}
              </Box>
            )}
            <Box
              sx={{
                height:
                  kind === 'number'
                    ? 96
                    : several && !beside
                      ? 200
                      : { xs: Math.max(280, tall), sm: Math.max(320, tall) },
              }}
            >
              <PictureView
                {...{ kind, state, picture, before, models, colors, onFilter }}
                title={several ? picture.label : title}
              />
            </Box>
          </Box>
        ))}
      </Box>
      {note !== null && (
        <Box sx={{ typography: 'caption', color: 'text.secondary', pt: 0.5 }}>{note}</Box>
      )}
    </>
  );
}

interface PictureViewProps extends Pick<
  ExploreChartProps,
  'title' | 'kind' | 'state' | 'before' | 'onFilter'
> {
  picture: Picture;
  models: readonly Model[];
  colors: ColorAssignments;
}

function PictureView(props: PictureViewProps) {
  const { title, kind, state, picture, before, models, colors, onFilter } = props;
  const { result } = picture;
  const earlier = useMemo(() => earlierOf(picture, before), [picture, before]);
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
  const View = kindOf(kind)?.View;
  if (!View) return null;
  return (
    <ErrorBoundary dense resetKey={`${kind} ${result.row_count}`}>
      <Suspense fallback={<LoadingState height="100%" label={`Drawing ${title}`} />}>
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
      sx={{ width: 192 }}
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
