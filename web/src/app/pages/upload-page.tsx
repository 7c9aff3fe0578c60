// From a file to a dataset.
import { useSession } from '@/api/session-slice';
import { PageFrame, PageHeader } from '@/components/page-header';
import { DeniedState } from '@/components/states';
import { UploadWizard } from '@/features/datasets/upload/upload-wizard';

export default function UploadPage() {
  const mayUpload = useSession().isAtLeast('editor');
  return (
    <PageFrame>
      <PageHeader title="Upload a file" parent={{ label: 'Datasets', to: '/datasets' }} />
      {mayUpload ? (
        <UploadWizard />
      ) : (
        <DeniedState detail="Uploading needs the role editor. Ask an admin of your organisation." />
      )}
    </PageFrame>
  );
}
