// What is explored: a view or a model. Views stand first, with what is said about them.
import Box from '@mui/material/Box';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import type { Model } from '@/api/types';
import { isView } from '@/lib/views';

export interface AskedFieldProps {
  models: readonly Model[];
  model: Model;
  onChoose: (name: string) => void;
}

const about = (model: Model): string | null =>
  isView(model) ? (model.view.definition.description ?? null) : null;

export function AskedField({ models, model, onChoose }: AskedFieldProps) {
  const several = models.some(isView);
  return (
    <TextField
      select
      label={several ? 'View or model' : 'Model'}
      value={model.name}
      onChange={(event) => onChoose(event.target.value)}
      helperText={about(model) ?? undefined}
      slotProps={{
        select: {
          renderValue: () => model.label,
          MenuProps: { slotProps: { paper: { sx: { maxWidth: 360 } } } },
        },
      }}
    >
      {models.map((entry) => (
        <MenuItem
          key={entry.name}
          value={entry.name}
          sx={{ display: 'block', whiteSpace: 'normal' }}
        >
          {entry.label}
          {several && (
            <Box
              component="span"
              sx={{ display: 'block', typography: 'caption', color: 'text.secondary' }}
            >
              {isView(entry) ? `View${about(entry) === null ? '' : `: ${about(entry)}`}` : 'Model'}
            </Box>
          )}
        </MenuItem>
      ))}
    </TextField>
  );
}
