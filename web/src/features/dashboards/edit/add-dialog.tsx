// Adding a card: which data, which kind. The card appears with good defaults and is then configured.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { useState } from 'react';
import type { Model } from '@/api/types';
import { Dialog } from '@/components/dialog';
import { EmptyState } from '@/components/states';
import { usable } from '@/components/usable';
import { beginWith } from '@/lib/begin-with';
import { offered } from '@/lib/offered';
import { Icon } from '@/theme/icons';
import { widgetKinds } from '@/widgets/registry';
import { missingFor } from '@/widgets/widget-kind';
import type { WidgetKindSpec } from '@/widgets/widget-kind';

export interface AddDialogProps {
  models: readonly Model[];
  /** Model of the dashboard, offered first. */
  preferred: string | null;
  onAdd: (kind: WidgetKindSpec, model: Model) => void;
  onClose: () => void;
}

export function AddDialog({ models, preferred, onAdd, onClose }: AddDialogProps) {
  // What a dashboard is about already is offered there, whatever else is said of it.
  const choices = offered(models, ...(preferred === null ? [] : [preferred]));
  const [name, setName] = useState(preferred ?? beginWith(choices)?.name ?? '');
  const model = choices.find((entry) => entry.name === name) ?? choices[0];
  const kinds = model
    ? widgetKinds.map((kind) => ({ kind, missing: missingFor(kind, model) }))
    : [];
  return (
    <Dialog title="Add a card" size="sm" closing="Cancel" onClose={onClose}>
      {!model ? (
        <EmptyState dense title="There is no data yet">
          Upload a file first; a model is made from it.
        </EmptyState>
      ) : (
        <>
          {choices.length > 1 && (
            <TextField
              select
              label="Data"
              value={model.name}
              onChange={(event) => setName(event.target.value)}
            >
              {choices.map((entry) => (
                <MenuItem key={entry.name} value={entry.name}>
                  {entry.label}
                </MenuItem>
              ))}
            </TextField>
          )}
          <Box
            sx={{
              display: 'grid',
              gap: 2,
              gridTemplateColumns: { xs: '1fr', sm: '1fr 1fr' },
            }}
          >
            {kinds.map(({ kind, missing }, index) => (
              <Button
                key={kind.kind}
                autoFocus={index === 0}
                {...usable(missing === null, () => onAdd(kind, model))}
                sx={{ justifyContent: 'flex-start', gap: 3, py: 2.5, textAlign: 'left' }}
              >
                <Box sx={{ color: missing === null ? 'primary.main' : 'inherit', display: 'flex' }}>
                  <Icon name={kind.icon} size={20} />
                </Box>
                <span>
                  <Box component="span" sx={{ display: 'block', fontWeight: 600 }}>
                    {kind.label}
                  </Box>
                  <Box
                    component="span"
                    sx={{ display: 'block', typography: 'body2', color: 'text.secondary' }}
                  >
                    {missing ?? kind.hint}
                  </Box>
                </span>
              </Button>
            ))}
          </Box>
        </>
      )}
    </Dialog>
  );
}
