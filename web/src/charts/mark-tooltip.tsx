// What stands beside a mark that has a place of its own: a cell of a heatmap, a point of a map.
import Box from '@mui/material/Box';
import type { ReactNode } from 'react';

export interface MarkTooltipProps {
  /** The mark, in the pixels of the chart. */
  x: number;
  y: number;
  w: number;
  /** How wide the chart is. */
  width: number;
  title: string;
  children: ReactNode;
}

export function MarkTooltip({ x, y, w, width, title, children }: MarkTooltipProps) {
  return (
    <Box
      aria-hidden
      data-testid="chart-tooltip"
      sx={{
        position: 'absolute',
        zIndex: 5,
        pointerEvents: 'none',
        bgcolor: 'background.paper',
        border: 1,
        borderColor: 'divider',
        borderRadius: 1,
        boxShadow: '0 6px 20px rgb(0 0 0 / 0.16)',
        px: 2.5,
        py: 1.5,
        typography: 'body2',
        maxWidth: 240,
      }}
      style={{
        top: Math.max(0, y - 12),
        ...(x > width / 2 ? { right: width - x + 8 } : { left: x + w + 8 }),
      }}
    >
      <Box sx={{ typography: 'caption', color: 'text.secondary' }}>{title}</Box>
      {children}
    </Box>
  );
}
