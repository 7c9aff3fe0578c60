// What is done to rows before they are stored. For whoever may load rows.
import { toProblem } from '@/api/problem';
import { useGetStepsQuery } from '@/api/steps-api';
import type { DatasetDetail } from '@/api/types';
import { ErrorState, LoadingState } from '@/components/states';
import { StepsEditor } from './steps-editor';

export default function StepsTab({ dataset }: { dataset: DatasetDetail }) {
  const steps = useGetStepsQuery(dataset.name);
  if (steps.data === undefined) {
    return steps.isError ? (
      <ErrorState problem={toProblem(steps.error)} onRetry={() => void steps.refetch()} />
    ) : (
      <LoadingState rows={6} label="Loading steps" />
    );
  }
  return <StepsEditor dataset={dataset} saved={steps.data} />;
}
