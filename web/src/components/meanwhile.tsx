// Somebody else has saved what is being edited: theirs is taken, or mine is kept to be saved over it.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { Icon } from '@/theme/icons';

export interface MeanwhileProps {
  /** What is saved: `contract`, after "the". */
  what: string;
  onTheirs: () => void;
  onMine: () => void;
}

export function Meanwhile({ what, onTheirs, onMine }: MeanwhileProps) {
  return (
    <Box role="alert" sx={{ display: 'flex', gap: 2 }}>
      <Box sx={{ color: 'warning.main' }}>
        <Icon name="warning" />
      </Box>
      <Box sx={{ minWidth: 0 }}>
        Somebody else has changed the {what} meanwhile. Saving yours replaces all of theirs.
        <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 2, mt: 2 }}>
          <Button size="small" onClick={onTheirs}>
            Take theirs
          </Button>
          <Button size="small" onClick={onMine}>
            Keep mine
          </Button>
        </Box>
      </Box>
    </Box>
  );
}
