// The cards in reading mode: a plain CSS grid with the same geometry as the editor's, one column on
// phones. The grid library is only loaded for editing.
import Box from '@mui/material/Box';
import { memo } from 'react';
import type { Widget } from '@/api/types';
import { WidgetCard } from '../card/widget-card';
import { COLUMNS } from '../edit/layout-moves';
import { GAP, placeCards, ROW_HEIGHT } from './first-view';

const heightOf = (rows: number): number => rows * ROW_HEIGHT + (rows - 1) * GAP;

export interface DashboardGridProps {
  widgets: readonly Widget[];
  onOpen: (widgetId: string) => void;
}

// What the screen around it learns (the range, the models) is not drawn again in every card.
export const DashboardGrid = memo(function DashboardGrid({ widgets, onOpen }: DashboardGridProps) {
  const cards = placeCards(widgets, { width: window.innerWidth, height: window.innerHeight });
  return (
    <Box
      data-testid="dashboard-grid"
      sx={{
        display: 'grid',
        gap: `${GAP}px`,
        gridTemplateColumns: { xs: 'minmax(0, 1fr)', sm: `repeat(${COLUMNS}, minmax(0, 1fr))` },
        gridAutoRows: { sm: `${ROW_HEIGHT}px` },
      }}
    >
      {cards.map(({ widget, startsNear }) => {
        const { x, y, w, h } = widget.layout;
        const phoneRows = widget.kind === 'number' ? 2 : Math.min(8, Math.max(5, h));
        return (
          <Box
            key={widget.id}
            sx={{
              minWidth: 0,
              height: { xs: heightOf(phoneRows), sm: 'auto' },
              gridColumn: { sm: `${x + 1} / span ${w}` },
              gridRow: { sm: `${y + 1} / span ${h}` },
            }}
          >
            <WidgetCard widget={widget} startsNear={startsNear} onOpen={onOpen} />
          </Box>
        );
      })}
    </Box>
  );
});
