// Deleting a dataset takes its rows with it and cannot be undone, so it asks, and says which dashboards have no numbers then: the
// list of dashboards tells the models of what each shows, not those behind views and filters.
import Box from '@mui/material/Box';
import { useNavigate } from 'react-router';
import { useListDashboardsQuery } from '@/api/dashboards-api';
import { useDeleteDatasetMutation } from '@/api/datasets-api';
import { toProblem } from '@/api/problem';
import type { DatasetDetail } from '@/api/types';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { useToasts } from '@/components/toast-slice';
import { formatCount } from '@/lib/format';

interface Props {
  dataset: DatasetDetail;
  open: boolean;
  onClose: () => void;
}

export function DeleteDatasetDialog({ dataset, open, onClose }: Props) {
  const [deleteDataset, answer] = useDeleteDatasetMutation();
  const navigate = useNavigate();
  const toasts = useToasts();
  const label = dataset.label || dataset.name;

  const confirm = async () => {
    const result = await deleteDataset(dataset.name);
    onClose();
    if (result.error) {
      const problem = toProblem(result.error);
      toasts.show({ tone: 'error', message: problem.detail ?? problem.title });
      return;
    }
    toasts.show({ tone: 'success', message: `${label} was deleted` });
    void navigate('/datasets');
  };

  return (
    <ConfirmDialog
      open={open}
      title={`Delete ${label}?`}
      confirmLabel="Delete dataset"
      busy={answer.isLoading}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      {formatCount(dataset.rows, 'row')} and the model go with it. This cannot be undone.
      <Readers of={dataset.name} />
    </ConfirmDialog>
  );
}

/** More of them would hide the question. */
const shown = 5;

function Readers({ of }: { of: string }) {
  const dashboards = useListDashboardsQuery();
  if (dashboards.data === undefined) {
    return <Box sx={{ mt: 3 }}>Dashboards on this dataset stop showing numbers.</Box>;
  }
  const readers = dashboards.data.filter(({ models }) => models.includes(of));
  if (readers.length === 0) {
    return (
      <Box sx={{ mt: 3 }}>
        No dashboard shows a measure or a dimension of it by itself. Those over views of it, and
        those that filter by it, stop showing numbers.
      </Box>
    );
  }
  const more = readers.length - shown;
  return (
    <Box sx={{ mt: 3 }}>
      {formatCount(readers.length, 'dashboard stops', 'dashboards stop')} showing its numbers:
      <Box component="ul" sx={{ m: 0, mt: 1, pl: 5, overflowWrap: 'anywhere' }}>
        {readers.slice(0, shown).map(({ id, title }) => (
          <li key={id}>{title}</li>
        ))}
        {more > 0 && <li>and {formatCount(more, 'other')}</li>}
      </Box>
      <Box sx={{ mt: 2 }}>So do those over views of it, and those that only filter by it.</Box>
    </Box>
  );
}
