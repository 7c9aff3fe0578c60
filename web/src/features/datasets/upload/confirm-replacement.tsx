// Asks before rows of a dataset go that this file does not name one by one: all of them, or those of some days.
import Box from '@mui/material/Box';
import { useListDatasetsQuery } from '@/api/datasets-api';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { formatCount, formatDate } from '@/lib/format';
import type { ReviewChoices } from './wizard-state';

export interface ConfirmReplacementProps {
  choices: ReviewChoices;
  fileName: string;
  onConfirm: () => void;
  onClose: () => void;
}

export function ConfirmReplacement(props: ConfirmReplacementProps) {
  const { choices, fileName } = props;
  const { data: datasets } = useListDatasetsQuery();
  const target = datasets?.find(({ name }) => name === choices.dataset);
  const named = target?.label || choices.dataset;
  const all = choices.mode === 'replace';
  return (
    <ConfirmDialog
      open
      title={all ? `Replace all rows of ${named}?` : `Replace some days of ${named}?`}
      confirmLabel={all ? 'Replace all rows' : 'Replace these days'}
      onConfirm={props.onConfirm}
      onClose={props.onClose}
    >
      <Box sx={{ display: 'grid', gap: 3, overflowWrap: 'anywhere' }}>
        <div>
          {all
            ? `All ${target ? formatCount(target.rows, 'row') : 'rows'} of the dataset ${choices.dataset} go.`
            : `All rows of the dataset ${choices.dataset} go whose ${target?.time_column ?? 'time'} lies from ${formatDate(choices.from)} on and before ${formatDate(choices.to)} (UTC).`}{' '}
          Those of {fileName} take their place, in one step for all who look.
        </div>
        <div>Earlier versions still have what goes, for as long as versions are kept.</div>
      </Box>
    </ConfirmDialog>
  );
}
