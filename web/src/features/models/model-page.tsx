// Loads a model, the models beside it and the columns of its dataset, then the screen.
import { useParams } from 'react-router';
import { useGetDatasetQuery } from '@/api/datasets-api';
import { useGetModelQuery, useListModelsQuery } from '@/api/models-api';
import { toProblem } from '@/api/problem';
import { PageFrame, PageHeader } from '@/components/page-header';
import { ErrorState, LoadingState } from '@/components/states';
import { ModelScreen } from './model-screen';

export default function ModelPage() {
  const { name = '' } = useParams();
  const model = useGetModelQuery(name);
  const models = useListModelsQuery();
  const current = model.currentData;
  const dataset = useGetDatasetQuery(current?.dataset ?? '', { skip: current === undefined });
  if (current === undefined || (dataset.data === undefined && !dataset.isError)) {
    return (
      <PageFrame>
        <PageHeader title={name} parent={{ label: 'Datasets', to: '/datasets' }} />
        {model.isError ? (
          <ErrorState problem={toProblem(model.error)} onRetry={() => void model.refetch()} />
        ) : (
          <LoadingState rows={8} label="Loading the model" />
        )}
      </PageFrame>
    );
  }
  return (
    <ModelScreen
      key={current.name}
      saved={current}
      models={models.data ?? [current]}
      columns={dataset.data?.columns ?? []}
    />
  );
}
