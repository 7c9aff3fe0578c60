// From a file to a dataset: a new one, or the one that the address names.
import { useSearchParams } from 'react-router';
import { useListDatasetsQuery } from '@/api/datasets-api';
import { useSession } from '@/api/session-slice';
import { PageFrame, PageHeader } from '@/components/page-header';
import { DeniedState, LoadingState } from '@/components/states';
import { UploadWizard } from '@/features/datasets/upload/upload-wizard';

export default function UploadPage() {
  const mayUpload = useSession().isAtLeast('editor');
  const [params] = useSearchParams();
  const to = params.get('to');
  const datasets = useListDatasetsQuery(undefined, { skip: to === null });
  const target = datasets.data?.find(({ name }) => name === to);
  const into = target ? { dataset: target.name, label: target.label || target.name } : null;
  return (
    <PageFrame>
      <PageHeader
        title="Upload a file"
        parent={
          into
            ? { label: into.label, to: `/datasets/${encodeURIComponent(into.dataset)}` }
            : { label: 'Datasets', to: '/datasets' }
        }
        summary={into && `Its rows are added to ${into.label}, unless you choose otherwise.`}
      />
      {datasets.isLoading ? (
        <LoadingState rows={3} label="Loading the dataset" />
      ) : mayUpload ? (
        <UploadWizard into={into} />
      ) : (
        <DeniedState detail="Uploading needs the role editor. Ask an admin of your organisation." />
      )}
    </PageFrame>
  );
}
