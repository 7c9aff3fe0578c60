// One dataset: what it holds, how it came in, and a dashboard from it.
import { useParams } from 'react-router';
import { PageFrame } from '@/components/page-header';
import { DatasetView } from '@/features/datasets/dataset-view';

export default function DatasetPage() {
  const { name = '' } = useParams();
  return (
    <PageFrame>
      <DatasetView key={name} name={name} />
    </PageFrame>
  );
}
