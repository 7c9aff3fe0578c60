// The cards in reading mode: a plain CSS grid with the same geometry as the editor's, one column on
// phones. The grid library is only loaded for editing.
import Box from '@mui/material/Box';
import { memo } from 'react';
import type { Widget } from '@/api/types';
import { WidgetCard } from '../card/widget-card';
import { COLUMNS } from '../edit/layout-moves';
import { GAP, heightOf, phoneRows, placeCards, ROW_HEIGHT } from './first-view';

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
        return (
          <Box
            key={widget.id}
            sx={{
              minWidth: 0,
              height: { xs: heightOf(phoneRows(widget)), sm: 'auto' },
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
