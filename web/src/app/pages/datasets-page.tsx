// All datasets of the organisation, and for those who load what is being loaded and what waits to be.
import { useSession } from '@/api/session-slice';
import { LinkButton } from '@/components/link-button';
import { PageFrame, PageHeader } from '@/components/page-header';
import { DatasetList } from '@/features/datasets/dataset-list';
import { RunningLoads } from '@/features/datasets/loads/running-loads';
import { WaitingUploads } from '@/features/datasets/upload/waiting-uploads';

export default function DatasetsPage() {
  const mayUpload = useSession().isAtLeast('editor');
  return (
    <PageFrame>
      <PageHeader
        title="Datasets"
        summary="The data your dashboards read."
        actions={
          mayUpload && (
            <LinkButton to="/datasets/upload" icon="upload">
              Upload a file
            </LinkButton>
          )
        }
      />
      {mayUpload && <RunningLoads />}
      {mayUpload && <WaitingUploads />}
      <DatasetList mayUpload={mayUpload} />
    </PageFrame>
  );
}
