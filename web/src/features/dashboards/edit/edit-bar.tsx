// The bar of edit mode: title, description, time zone, undo and redo with what they would do, add, discard, save.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import IconButton from '@mui/material/IconButton';
import TextField from '@mui/material/TextField';
import Tooltip from '@mui/material/Tooltip';
import { usable } from '@/components/usable';
import { ZoneField } from '@/components/zone-field';
import { formatZone } from '@/lib/format/calendar';
import { Icon } from '@/theme/icons';
import type { Editing } from './use-editing';

export interface EditBarProps {
  editing: Editing;
  onAdd: () => void;
  onKeepView: (() => void) | null;
}

export function EditBar({ editing, onAdd, onKeepView }: EditBarProps) {
  const { draft } = editing;
  if (!draft) return null;
  const { past, present, future } = draft.history;
  const { content } = present;
  const { definition } = content;
  const undoLabel = past.length > 0 ? `Undo: ${present.label}` : 'Nothing to undo';
  const redoLabel = future[0] ? `Redo: ${future[0].label}` : 'Nothing to redo';
  return (
    <Box
      role="toolbar"
      aria-label="Editing"
      sx={{
        position: 'sticky',
        top: 0,
        zIndex: 4,
        display: 'flex',
        flexWrap: 'wrap',
        alignItems: 'center',
        gap: 2,
        py: 2,
        mb: 2,
        bgcolor: 'background.default',
        borderBottom: 1,
        borderColor: 'divider',
      }}
    >
      <TextField
        label="Title of the dashboard"
        value={content.title}
        onChange={(event) =>
          editing.change(
            { ...content, title: event.target.value },
            'Renamed the dashboard',
            'dashboard title',
          )
        }
        onBlur={editing.seal}
        sx={{ flex: { xs: '1 1 100%', sm: '2 1 160px' }, maxWidth: { sm: 320 } }}
      />
      <TextField
        label="Description"
        value={content.description ?? ''}
        onChange={({ target: { value } }) =>
          editing.change(
            { ...content, description: value === '' ? null : value },
            'Described the dashboard',
            'dashboard description',
          )
        }
        onBlur={editing.seal}
        sx={{ flex: { xs: '1 1 100%', sm: '2 1 160px' }, maxWidth: { sm: 320 } }}
      />
      <ZoneField
        zone={definition.timezone ?? null}
        otherwise={definition.calendar?.timezone ?? formatZone()}
        onSettle={(timezone) =>
          editing.change(
            { ...content, definition: { ...definition, timezone } },
            timezone === null ? 'Left the time zone to who looks' : `Chose ${timezone}`,
          )
        }
        sx={{ width: 160 }}
      />
      <Tooltip title={undoLabel}>
        <IconButton aria-label={undoLabel} {...usable(past.length > 0, editing.undo)}>
          <Icon name="undo" />
        </IconButton>
      </Tooltip>
      <Tooltip title={redoLabel}>
        <IconButton aria-label={redoLabel} {...usable(future.length > 0, editing.redo)}>
          <Icon name="redo" />
        </IconButton>
      </Tooltip>
      <Button onClick={onAdd} startIcon={<Icon name="add" size={16} />}>
        Add card
      </Button>
      {onKeepView && (
        <Button variant="text" onClick={onKeepView}>
          Keep this time and these filters
        </Button>
      )}
      <Box sx={{ flex: 1 }} />
      <Box
        role="status"
        sx={{
          typography: 'body2',
          color: 'text.secondary',
          // Below the buttons on phones, which stand in one row so.
          order: { xs: 1, sm: 0 },
          width: { xs: '100%', sm: 'auto' },
        }}
      >
        {editing.dirty ? 'Draft kept on this device' : 'No changes yet'}
      </Box>
      <Button onClick={editing.discard}>{editing.dirty ? 'Discard' : 'Stop editing'}</Button>
      <Button
        variant="contained"
        color="primary"
        disabled={!editing.dirty}
        loading={editing.saving}
        onClick={() => void editing.save()}
      >
        Save
      </Button>
    </Box>
  );
}
