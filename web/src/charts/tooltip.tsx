// What stands at a place of a chart: date with weekday and zone, values sorted by size, change
// against the previous period.
import Box from '@mui/material/Box';
import { Fragment } from 'react';
import { formatDelta, formatNumber } from '@/lib/format';
import { SO_FAR } from '@/lib/running-period';
import type { ThemeMode } from '@/theme/palette';
import { slotColour } from './canvas/paint';
import { measureOf } from './core/number-formats';
import { largestFirst, placeLabel } from './core/reading';
import { PREVIOUS_LABEL } from './core/spec';
import type { ChartSeries, ChartSpec } from './core/spec';
import { TooltipBox } from './tooltip-box';

export interface TooltipProps {
  spec: ChartSpec;
  index: number;
  /** Where the place is, in the pixels of the chart. */
  x: number;
  y: number;
  mode: ThemeMode;
}

const toneColour = { good: 'success.main', bad: 'error.main', neutral: 'text.secondary' } as const;

export function Tooltip({ spec, index, x, y, mode }: TooltipProps) {
  const comparisons = spec.series.filter((series) => series.role === 'comparison');
  const rows = largestFirst(
    spec.series.filter((series) => series.role !== 'comparison'),
    index,
  );
  const open = spec.incompleteFrom !== null && index >= spec.incompleteFrom;
  return (
    <TooltipBox x={x} y={y} w={0} title={placeLabel(spec, index) + (open ? ` · ${SO_FAR}` : '')}>
      {rows.map(({ series, value }) => {
        const before = comparisons.find(({ of }) => rows.length === 1 || of === series.id);
        return (
          <Fragment key={series.id}>
            <Box sx={{ display: 'flex', alignItems: 'center', gap: 1.5 }}>
              <Box
                component="span"
                sx={{ width: 8, height: 8, borderRadius: 0.5, flex: 'none' }}
                style={{ background: slotColour(series.slot, mode) }}
              />
              <Box
                component="span"
                sx={{
                  flex: 1,
                  overflow: 'hidden',
                  textOverflow: 'ellipsis',
                  whiteSpace: 'nowrap',
                  fontStyle: series.role === 'other' ? 'italic' : undefined,
                }}
              >
                {series.label}
              </Box>
              <Box component="strong" sx={{ fontWeight: 600, ml: 2 }}>
                {formatNumber(value, measureOf(spec, series).format, 'full')}
              </Box>
            </Box>
            {before && (
              <Before {...{ spec, series, value, open }} before={before.values[index] ?? null} />
            )}
          </Fragment>
        );
      })}
    </TooltipBox>
  );
}

interface BeforeProps {
  spec: ChartSpec;
  series: ChartSeries;
  value: number | null;
  before: number | null;
  open: boolean;
}

function Before({ spec, series, value, before, open }: BeforeProps) {
  // A part is no change from a whole.
  const delta = open ? null : formatDelta(value, before, measureOf(spec, series).lowerIsBetter);
  return (
    <Box sx={{ display: 'flex', gap: 1.5, color: 'text.secondary', mt: 0.5 }}>
      <span style={{ flex: 1 }}>{PREVIOUS_LABEL}</span>
      <span>{formatNumber(before, measureOf(spec, series).format, 'full')}</span>
      {delta && <Box sx={{ color: toneColour[delta.tone], fontWeight: 600 }}>{delta.text}</Box>}
    </Box>
  );
}
