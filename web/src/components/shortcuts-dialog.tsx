// Lists the shortcuts of the page that is open.
import Box from '@mui/material/Box';
import Dialog from '@mui/material/Dialog';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import IconButton from '@mui/material/IconButton';
import Typography from '@mui/material/Typography';
import { useId } from 'react';
import { Icon } from '@/theme/icons';
import { useRegisteredShortcuts } from './shortcuts';

const names: Record<string, string> = {
  mod: /Mac|iPhone|iPad/.test(globalThis.navigator?.userAgent ?? '') ? '\u2318' : 'Ctrl',
  shift: 'Shift',
  Escape: 'Esc',
  ArrowLeft: '\u2190',
  ArrowRight: '\u2192',
  ArrowUp: '\u2191',
  ArrowDown: '\u2193',
  ' ': 'Space',
};

function Keys({ keys }: { keys: string }) {
  const parts = keys.split(' ').map((part) => part.split('+').map((key) => names[key] ?? key));
  return (
    <Box component="span" sx={{ display: 'inline-flex', gap: 1, alignItems: 'center' }}>
      {parts.map((combination, index) => (
        <Box
          component="span"
          key={index}
          sx={{ display: 'inline-flex', gap: 1, alignItems: 'center' }}
        >
          {index > 0 && <span>then</span>}
          {combination.map((key) => (
            <Box
              component="kbd"
              key={key}
              sx={{
                font: 'inherit',
                fontSize: '0.75rem',
                px: 1.5,
                minWidth: 22,
                textAlign: 'center',
                border: 1,
                borderColor: 'divider',
                borderBottomWidth: 2,
                borderRadius: 0.5,
                bgcolor: 'surface.sunken',
              }}
            >
              {key}
            </Box>
          ))}
        </Box>
      ))}
    </Box>
  );
}

export default function ShortcutsDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const shortcuts = useRegisteredShortcuts();
  const titleId = useId();
  const groups = [...new Set(shortcuts.map((shortcut) => shortcut.group))];
  return (
    <Dialog
      open={open}
      onClose={onClose}
      aria-labelledby={titleId}
      maxWidth={groups.length > 1 ? 'sm' : 'xs'}
      fullWidth
    >
      <Box sx={{ display: 'flex', alignItems: 'center', pr: 4 }}>
        <DialogTitle id={titleId} variant="h1" sx={{ flex: 1 }}>
          Keyboard shortcuts
        </DialogTitle>
        <IconButton size="small" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </IconButton>
      </Box>
      <DialogContent sx={{ columns: { sm: Math.min(groups.length, 2) }, columnGap: 10, pt: 0 }}>
        {groups.map((group) => (
          <Box key={group} sx={{ breakInside: 'avoid', mb: 5 }}>
            <Typography
              component="h2"
              variant="body2"
              color="textSecondary"
              sx={{ mb: 1, fontWeight: 600 }}
            >
              {group}
            </Typography>
            <Box component="dl" sx={{ m: 0 }}>
              {shortcuts
                .filter((shortcut) => shortcut.group === group)
                .map((shortcut) => (
                  <Box
                    key={shortcut.keys}
                    sx={{ display: 'flex', justifyContent: 'space-between', gap: 4, py: 1 }}
                  >
                    <dt>{shortcut.label}</dt>
                    <Box component="dd" sx={{ m: 0, whiteSpace: 'nowrap' }}>
                      <Keys keys={shortcut.keys} />
                    </Box>
                  </Box>
                ))}
            </Box>
          </Box>
        ))}
      </DialogContent>
    </Dialog>
  );
}
