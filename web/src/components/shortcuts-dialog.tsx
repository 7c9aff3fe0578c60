// Lists the shortcuts of the page that is open.
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import { Dialog } from './dialog';
import { modName, useRegisteredShortcuts } from './shortcuts';

const names: Record<string, string> = {
  mod: modName,
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
  const groups = [...new Set(shortcuts.map((shortcut) => shortcut.group))];
  return (
    <Dialog
      open={open}
      title="Keyboard shortcuts"
      size={groups.length > 1 ? 'sm' : 'xs'}
      onClose={onClose}
    >
      <Box sx={{ columns: { sm: Math.min(groups.length, 2) }, columnGap: 10 }}>
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
      </Box>
    </Dialog>
  );
}
