// One number, large and short, with its change against the period before. The exact value stands in
// the title for a pointer, and in words for a screen reader.
import Box from '@mui/material/Box';
import { useMemo } from 'react';
import { visuallyHidden } from '@/components/announcer';
import { formatDelta, formatExact, formatNumber } from '@/lib/format';
import { SO_FAR } from '@/lib/running-period';
import { NothingToDraw } from '../nothing-to-draw';
import type { WidgetViewProps } from '../widget-kind';
import { toSeries } from './to-series';

const toneColour = { good: 'success.main', bad: 'error.main', neutral: 'text.secondary' } as const;

/** Of what was before: a part is held against as long a part, and never against all of it. */
const beforeWords = {
  whole: (value: string): string => `from ${value} before`,
  part: (value: string): string => `from ${value} at this point before`,
  nothing: (value: string): string => `not compared ${SO_FAR}; ${value} in all before`,
};

export default function NumberView({ widget, result, comparison, models }: WidgetViewProps) {
  const shown = useMemo(
    () => toSeries(widget, result, comparison, models),
    [widget, result, comparison, models],
  );
  if (!shown) return <NothingToDraw kind={widget.kind} />;
  const delta =
    shown.against === 'nothing'
      ? null
      : formatDelta(shown.value, shown.before, shown.lowerIsBetter);
  const short = formatNumber(shown.value, shown.format, 'compact');
  const exact = formatExact(shown.value, shown.format);
  return (
    <Box
      sx={{
        position: 'relative',
        display: 'flex',
        flexDirection: 'column',
        justifyContent: 'center',
        height: '100%',
        gap: 0.5,
      }}
    >
      <Box sx={{ display: 'flex', alignItems: 'baseline', columnGap: 1.5 }}>
        <Box
          data-testid="widget-value"
          title={exact}
          sx={{
            fontSize: '1.75rem',
            fontWeight: 600,
            lineHeight: 1.15,
            letterSpacing: '-0.015em',
            fontVariantNumeric: 'tabular-nums',
            whiteSpace: 'nowrap',
            overflow: 'hidden',
            textOverflow: 'ellipsis',
          }}
        >
          {short}
        </Box>
        {shown.soFar && (
          <Box sx={{ flex: 'none', typography: 'body2', color: 'text.secondary' }}>{SO_FAR}</Box>
        )}
      </Box>
      {exact !== short && (
        <Box component="span" data-testid="widget-exact" sx={visuallyHidden}>
          exactly {exact}
        </Box>
      )}
      {comparison && (
        <Box
          data-testid="widget-comparison"
          sx={{
            display: 'flex',
            flexWrap: 'wrap',
            columnGap: 1.5,
            typography: 'body2',
            color: 'text.secondary',
            fontVariantNumeric: 'tabular-nums',
          }}
        >
          {delta && (
            <Box
              component="span"
              data-testid="widget-delta"
              sx={{ fontWeight: 600, color: toneColour[delta.tone] }}
            >
              {delta.text}
            </Box>
          )}
          <span title={formatExact(shown.before, shown.format)}>
            {shown.before === null
              ? 'no earlier value'
              : beforeWords[shown.against](formatNumber(shown.before, shown.format, 'compact'))}
          </span>
        </Box>
      )}
    </Box>
  );
}
