// Names of the series with their colours and, above four, their dashes. A name is a button: it filters by a value where it can, and
// else hides its series and shows it again.
import Box from '@mui/material/Box';
import { memo } from 'react';
import { dashes } from '@/theme/palette';
import type { ThemeMode } from '@/theme/palette';
import { slotColour } from './canvas/paint';
import { NEUTRAL_SLOT } from './core/color-map';
import { PREVIOUS_LABEL } from './core/spec';
import type { ChartSeries, ChartSpec } from './core/spec';

export interface LegendProps {
  spec: ChartSpec;
  mode: ThemeMode;
  onPick?: ((series: ChartSeries) => void) | undefined;
  hidden: ReadonlySet<string>;
  onToggle: (series: ChartSeries) => void;
}

function Mark({ series, spec, mode }: { series: ChartSeries; spec: ChartSpec; mode: ThemeMode }) {
  const before = series.role === 'comparison';
  const colour = slotColour(before ? NEUTRAL_SLOT : series.slot, mode);
  const solid = spec.kind === 'bar' || spec.kind === 'stacked_bar' || spec.kind === 'area';
  const dashed = spec.series.filter((entry) => entry.role === 'value').length > 4;
  const dash = before
    ? '4 3'
    : dashed && series.slot >= 0
      ? (dashes[series.slot] ?? []).join(' ')
      : undefined;
  return (
    <svg width={14} height={10} aria-hidden style={{ flex: 'none' }}>
      {solid && !before ? (
        <rect x={2} y={0} width={10} height={10} rx={2} fill={colour} />
      ) : (
        <line x1={0} x2={14} y1={5} y2={5} stroke={colour} strokeWidth={2} strokeDasharray={dash} />
      )}
    </svg>
  );
}

const buttonStyle = {
  all: 'unset',
  display: 'flex',
  alignItems: 'center',
  gap: 1.25,
  cursor: 'pointer',
  borderRadius: 0.5,
  '&:hover': { color: 'text.primary' },
  '&:focus-visible': {
    outline: '2px solid var(--tm-palette-primary-main)',
    outlineOffset: 1,
  },
} as const;

export const Legend = memo(function Legend(props: LegendProps) {
  const { spec, mode, onPick, hidden, onToggle } = props;
  if (spec.series.length < 2) return null;
  // What each of them was before looks alike, and is said once.
  const firstBefore = spec.series.find(({ role }) => role === 'comparison');
  const named = spec.series.filter(
    (series) => series.role !== 'comparison' || series === firstBefore,
  );
  return (
    <Box
      component="ul"
      aria-label="Series"
      sx={{
        display: 'flex',
        flexWrap: 'wrap',
        columnGap: 3,
        rowGap: 0.5,
        m: 0,
        mb: 1,
        p: 0,
        listStyle: 'none',
        typography: 'caption',
        color: 'text.secondary',
        maxHeight: 34,
        // What does not fit in two lines is scrolled to.
        overflow: 'auto',
        scrollbarWidth: 'thin',
        '@media (pointer: coarse)': { maxHeight: 52, '& button': { minHeight: 24 } },
      }}
    >
      {named.map((series) => {
        const filters = onPick && series.member !== null;
        const label = series.role === 'comparison' ? PREVIOUS_LABEL : series.label;
        const isHidden = hidden.has(series.id);
        const content = (
          <>
            <Mark series={series} spec={spec} mode={mode} />
            <span
              style={{
                overflow: 'hidden',
                textOverflow: 'ellipsis',
                whiteSpace: 'nowrap',
                maxWidth: 160,
                fontStyle: series.role === 'other' ? 'italic' : undefined,
                textDecoration: isHidden ? 'line-through' : undefined,
              }}
            >
              {label}
            </span>
          </>
        );
        return (
          <li key={series.id} style={{ minWidth: 0 }}>
            {filters ? (
              <Box
                component="button"
                type="button"
                onClick={() => onPick(series)}
                title={`Filter to ${label}`}
                sx={buttonStyle}
              >
                {content}
              </Box>
            ) : (
              <Box
                component="button"
                type="button"
                aria-pressed={!isHidden}
                onClick={() => onToggle(series)}
                title={`${isHidden ? 'Show' : 'Hide'} ${label}`}
                sx={buttonStyle}
              >
                {content}
              </Box>
            )}
          </li>
        );
      })}
    </Box>
  );
});
