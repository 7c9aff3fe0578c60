// Deleting a dataset takes its rows with it and cannot be undone, so it asks.
import { useNavigate } from 'react-router';
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
      {formatCount(dataset.rows, 'row')} and the model go with it, and dashboards on this dataset
      stop showing numbers. This cannot be undone.
    </ConfirmDialog>
  );
}
