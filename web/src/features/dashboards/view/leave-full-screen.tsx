// The way out of a dashboard that is presented, by its button and by Escape. The press that brought it is gone with its button, so this
// one has the focus.
import Button from '@mui/material/Button';
import { useMemo } from 'react';
import { useShortcuts } from '@/components/shortcuts';
import type { Shortcut } from '@/components/shortcuts';
import { useWayBack } from '@/components/way-back';
import { Icon } from '@/theme/icons';

export function LeaveFullScreen({ onLeave }: { onLeave: () => void }) {
  useWayBack();
  const shortcuts = useMemo<Shortcut[]>(
    () => [{ keys: 'Escape', label: 'Leave full screen', group: 'Dashboard', run: onLeave }],
    [onLeave],
  );
  useShortcuts(shortcuts);
  return (
    <Button autoFocus onClick={onLeave} startIcon={<Icon name="close" size={16} />}>
      Leave full screen
    </Button>
  );
}
