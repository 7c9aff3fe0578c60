// The cards in reading mode: a plain CSS grid with the same geometry as the editor's; on phones one below the other, and
// numbers two and two. The grid library is only loaded for editing.
import Box from '@mui/material/Box';
import { memo } from 'react';
import type { Widget } from '@/api/types';
import { WidgetCard } from '../card/widget-card';
import { COLUMNS } from '../edit/layout-moves';
import { GAP, phoneHeight, placeCards, ROW_HEIGHT } from './first-view';

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
        gridTemplateColumns: {
          xs: 'repeat(2, minmax(0, 1fr))',
          sm: `repeat(${COLUMNS}, minmax(0, 1fr))`,
        },
        gridAutoRows: { sm: `${ROW_HEIGHT}px` },
      }}
    >
      {cards.map((card) => {
        const { widget, startsNear, paired } = card;
        const { x, y, w, h } = widget.layout;
        return (
          <Box
            key={widget.id}
            sx={{
              minWidth: 0,
              height: { xs: phoneHeight(card), sm: 'auto' },
              gridColumn: { xs: paired ? 'auto' : '1 / -1', sm: `${x + 1} / span ${w}` },
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
