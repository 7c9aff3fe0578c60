// One card over the whole window, drawn as a static picture for presentation. Back closes it.
import Box from '@mui/material/Box';
import IconButton from '@mui/material/IconButton';
import type { Widget } from '@/api/types';
import { DialogFrame } from '@/components/dialog';
import { Icon } from '@/theme/icons';
import { WidgetCard } from '../card/widget-card';

export function WidgetFocus({ widget, onClose }: { widget: Widget; onClose: () => void }) {
  return (
    <DialogFrame full label={widget.title} onClose={onClose}>
      <Box sx={{ display: 'flex', justifyContent: 'flex-end', p: 2, pb: 0 }}>
        <IconButton aria-label="Close full screen" onClick={onClose} autoFocus>
          <Icon name="close" />
        </IconButton>
      </Box>
      <Box sx={{ flex: 1, minHeight: 0, p: { xs: 2, sm: 6 }, pt: { sm: 2 } }}>
        <WidgetCard widget={widget} presentation />
      </Box>
    </DialogFrame>
  );
}
