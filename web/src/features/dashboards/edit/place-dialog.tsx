// "Move or size": place and size of a card in numbers, for everybody who does not drag.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import TextField from '@mui/material/TextField';
import { useState } from 'react';
import type { Widget, WidgetLayout } from '@/api/types';
import { Dialog } from '@/components/dialog';
import { COLUMNS, MAX_HEIGHT, MIN_HEIGHT, MIN_WIDTH } from './layout-moves';

export interface PlaceDialogProps {
  widget: Widget;
  onApply: (layout: WidgetLayout) => void;
  onClose: () => void;
}

export function PlaceDialog({ widget, onApply, onClose }: PlaceDialogProps) {
  const [column, setColumn] = useState(String(widget.layout.x + 1));
  const [row, setRow] = useState(String(widget.layout.y + 1));
  const [wide, setWide] = useState(String(widget.layout.w));
  const [high, setHigh] = useState(String(widget.layout.h));
  const number = (text: string, from: number): number =>
    Math.max(from, Math.round(Number(text) || from));
  const fields = [
    { label: 'Column', value: column, set: setColumn, min: 1, max: COLUMNS },
    { label: 'Row', value: row, set: setRow, min: 1, max: 999 },
    { label: 'Width', value: wide, set: setWide, min: MIN_WIDTH, max: COLUMNS },
    { label: 'Height', value: high, set: setHigh, min: MIN_HEIGHT, max: MAX_HEIGHT },
  ];
  return (
    <Dialog
      title={`Move or size ${widget.title}`}
      onSubmit={() =>
        onApply({
          x: number(column, 1) - 1,
          y: number(row, 1) - 1,
          w: number(wide, MIN_WIDTH),
          h: number(high, MIN_HEIGHT),
        })
      }
      onClose={onClose}
      actions={
        <Button type="submit" variant="contained" color="primary">
          Apply
        </Button>
      }
    >
      <Box sx={{ display: 'grid', gridTemplateColumns: '1fr 1fr', gap: 4 }}>
        {fields.map((field) => (
          <TextField
            key={field.label}
            label={field.label}
            type="number"
            value={field.value}
            onChange={(event) => field.set(event.target.value)}
            slotProps={{ htmlInput: { min: field.min, max: field.max } }}
          />
        ))}
      </Box>
    </Dialog>
  );
}
