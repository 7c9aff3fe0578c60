// The cards in edit mode on phones: one below the other, as they are read there. Twelve columns on a phone are too narrow to
// read a card, let alone to drag it; where it stands on wider screens its menu says.
import Box from '@mui/material/Box';
import type { Widget } from '@/api/types';
import { WidgetCard } from '../card/widget-card';
import { GAP, heightOf, phoneRows } from '../view/first-view';
import { editMenu } from './edit-menu';
import type { EditAction } from './edit-menu';
import { readingOrder } from './layout-moves';

export interface EditStackProps {
  widgets: readonly Widget[];
  selectedId: string | null;
  onMenu: (id: string, action: EditAction) => void;
}

export function EditStack({ widgets, selectedId, onMenu }: EditStackProps) {
  return (
    <Box
      data-testid="edit-stack"
      sx={{ display: 'grid', gap: `${GAP}px`, gridTemplateColumns: 'minmax(0, 1fr)' }}
    >
      {widgets.length > 0 && (
        <Box sx={{ typography: 'body2', color: 'text.secondary' }}>
          Cards stand side by side on wider screens. The menu of a card changes it, also where it
          stands there.
        </Box>
      )}
      {readingOrder(widgets).map((widget) => (
        <Box key={widget.id} sx={{ minWidth: 0, height: heightOf(phoneRows(widget)) }}>
          <WidgetCard
            widget={widget}
            editing
            selected={selectedId === widget.id}
            extraMenu={editMenu(widget.id, onMenu)}
          />
        </Box>
      ))}
    </Box>
  );
}
