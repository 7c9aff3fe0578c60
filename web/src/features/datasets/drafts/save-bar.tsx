// Below a list of steps or rules: what stands in the way of saving it, what somebody else has saved meanwhile, and the buttons.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { Meanwhile } from '@/components/meanwhile';
import { ProblemNotice } from '@/components/problem-notice';
import type { DraftList } from './use-draft-list';

export interface SaveBarProps {
  list: Pick<
    DraftList<object, object>,
    | 'noun'
    | 'busy'
    | 'changed'
    | 'incomplete'
    | 'refusals'
    | 'unread'
    | 'theirs'
    | 'keepMine'
    | 'reset'
  >;
  /** What is saved: `contract`, after "Save" and "the". */
  what: string;
  /** Whether there is something to save. */
  ready: boolean;
  onSave: () => void;
}

export function SaveBar({ list, what, ready, onSave }: SaveBarProps) {
  const { noun, busy, incomplete, refusals, unread } = list;
  const asked = list.theirs !== null;
  return (
    <Box sx={{ display: 'grid', gap: 4, px: 4, pb: 4, gridTemplateColumns: 'minmax(0, 1fr)' }}>
      {refusals.other && <ProblemNotice problem={refusals.other} dense />}
      {unread && <ProblemNotice problem={unread} onRetry={onSave} dense />}
      {asked && !busy && <Meanwhile what={what} onTheirs={list.reset} onMine={list.keepMine} />}
      <Box sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 2 }}>
        <Button
          variant="contained"
          color="primary"
          disabled={incomplete >= 0 || !ready || asked}
          loading={busy}
          onClick={onSave}
        >
          Save {what}
        </Button>
        {list.changed && (
          <Button variant="text" disabled={busy} onClick={list.reset}>
            Reset
          </Button>
        )}
        {incomplete >= 0 && (
          <Box sx={{ color: 'text.secondary' }}>
            {noun === 'step' ? 'Step' : 'Rule'} {incomplete + 1} is not complete yet.
          </Box>
        )}
      </Box>
    </Box>
  );
}
