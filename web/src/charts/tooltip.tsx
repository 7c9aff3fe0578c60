// What stands at a place of a chart: date with weekday and zone, values sorted by size, change
// against the previous period.
import Box from '@mui/material/Box';
import { formatDelta, formatNumber } from '@/lib/format';
import { SO_FAR } from '@/lib/running-period';
import type { ThemeMode } from '@/theme/palette';
import { slotColour } from './canvas/paint';
import { largestFirst, placeLabel } from './core/reading';
import type { ChartSpec } from './core/spec';
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
  const comparison = spec.series.find((series) => series.role === 'comparison');
  const rows = largestFirst(
    spec.series.filter((series) => series.role !== 'comparison'),
    index,
  );
  const single = rows.length === 1 ? rows[0] : undefined;
  const before = comparison?.values[index] ?? null;
  const open = spec.incompleteFrom !== null && index >= spec.incompleteFrom;
  // A part is no change from a whole.
  const delta =
    single && !open ? formatDelta(single.value, before, spec.measure.lowerIsBetter) : null;
  return (
    <TooltipBox x={x} y={y} w={0} title={placeLabel(spec, index) + (open ? ` · ${SO_FAR}` : '')}>
      {rows.map(({ series, value }) => (
        <Box key={series.id} sx={{ display: 'flex', alignItems: 'center', gap: 1.5 }}>
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
            {formatNumber(value, spec.measure.format, 'full')}
          </Box>
        </Box>
      ))}
      {comparison && (
        <Box sx={{ display: 'flex', gap: 1.5, color: 'text.secondary', mt: 0.5 }}>
          <span style={{ flex: 1 }}>{comparison.label}</span>
          <span>{formatNumber(before, spec.measure.format, 'full')}</span>
          {delta && <Box sx={{ color: toneColour[delta.tone], fontWeight: 600 }}>{delta.text}</Box>}
        </Box>
      )}
    </TooltipBox>
  );
}
