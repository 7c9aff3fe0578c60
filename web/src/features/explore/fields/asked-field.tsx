// What is explored: a view or a model. Views stand first, with what is said about them.
import Box from '@mui/material/Box';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import type { Model } from '@/api/types';
import { offered } from '@/lib/offered';
import { isView } from '@/lib/views';

export interface AskedFieldProps {
  models: readonly Model[];
  model: Model;
  onChoose: (name: string) => void;
}

const about = (model: Model): string => (model.description ? `: ${model.description}` : '');

export function AskedField({ models, model, onChoose }: AskedFieldProps) {
  const several = models.some(isView);
  return (
    <TextField
      select
      label={several ? 'View or model' : 'Model'}
      value={model.name}
      onChange={(event) => onChoose(event.target.value)}
      helperText={model.description || undefined}
      slotProps={{
        select: {
          renderValue: () => model.label,
          MenuProps: { slotProps: { paper: { sx: { maxWidth: 360 } } } },
        },
      }}
    >
      {offered(models, model.name).map((entry) => (
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
              {isView(entry) ? 'View' : 'Model'}
              {about(entry)}
            </Box>
          )}
        </MenuItem>
      ))}
    </TextField>
  );
}
