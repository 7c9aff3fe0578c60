// Deleting a dataset takes its rows with it and cannot be undone, so it asks.
import IconButton from '@mui/material/IconButton';
import Tooltip from '@mui/material/Tooltip';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useDeleteDatasetMutation } from '@/api/datasets-api';
import { toProblem } from '@/api/problem';
import type { DatasetDetail } from '@/api/types';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { useToasts } from '@/components/toast-slice';
import { formatCount } from '@/lib/format';
import { Icon } from '@/theme/icons';

export function DeleteDataset({ dataset }: { dataset: DatasetDetail }) {
  const [open, setOpen] = useState(false);
  const [deleteDataset, answer] = useDeleteDatasetMutation();
  const navigate = useNavigate();
  const toasts = useToasts();
  const label = dataset.label || dataset.name;

  const confirm = async () => {
    const result = await deleteDataset(dataset.name);
    setOpen(false);
    if (result.error) {
      const problem = toProblem(result.error);
      toasts.show({ tone: 'error', message: problem.detail ?? problem.title });
      return;
    }
    toasts.show({ tone: 'success', message: `${label} was deleted` });
    void navigate('/datasets');
  };

  return (
    <>
      <Tooltip title="Delete dataset">
        <IconButton aria-label="Delete dataset" onClick={() => setOpen(true)}>
          <Icon name="trash" />
        </IconButton>
      </Tooltip>
      <ConfirmDialog
        open={open}
        title={`Delete ${label}?`}
        confirmLabel="Delete dataset"
        busy={answer.isLoading}
        onConfirm={() => void confirm()}
        onClose={() => setOpen(false)}
      >
        {formatCount(dataset.rows, 'row')} and the model go with it, and dashboards on this dataset
        stop showing numbers. This cannot be undone.
      </ConfirmDialog>
    </>
  );
}
