// All datasets of the organisation.
import Button from '@mui/material/Button';
import { Link } from 'react-router';
import { useSession } from '@/api/session-slice';
import { PageFrame, PageHeader } from '@/components/page-header';
import { DatasetList } from '@/features/datasets/dataset-list';
import { Icon } from '@/theme/icons';

export default function DatasetsPage() {
  const mayUpload = useSession().isAtLeast('editor');
  return (
    <PageFrame>
      <PageHeader
        title="Datasets"
        summary="The data your dashboards read."
        actions={
          mayUpload && (
            <Button
              component={Link}
              to="/datasets/upload"
              variant="contained"
              color="primary"
              startIcon={<Icon name="upload" />}
            >
              Upload a file
            </Button>
          )
        }
      />
      <DatasetList mayUpload={mayUpload} />
    </PageFrame>
  );
}
