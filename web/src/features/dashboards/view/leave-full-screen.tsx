// The way out of a dashboard that is presented. The press that brought it is gone with its button, so this one has the focus.
import Button from '@mui/material/Button';
import { useWayBack } from '@/components/way-back';
import { Icon } from '@/theme/icons';

export function LeaveFullScreen({ onLeave }: { onLeave: () => void }) {
  useWayBack();
  return (
    <Button autoFocus onClick={onLeave} startIcon={<Icon name="close" size={16} />}>
      Leave full screen
    </Button>
  );
}
