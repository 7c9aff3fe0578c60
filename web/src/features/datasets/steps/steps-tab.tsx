// What is done to rows before they are stored. For whoever may load rows.
import { useState } from 'react';
import { toProblem } from '@/api/problem';
import { useGetStepsQuery } from '@/api/steps-api';
import type { DatasetDetail, Upload } from '@/api/types';
import { ErrorState, LoadingState } from '@/components/states';
import { StepsEditor } from './steps-editor';

export default function StepsTab({ dataset }: { dataset: DatasetDetail }) {
  const steps = useGetStepsQuery(dataset.name);
  // Outlives what was saved.
  const [sample, setSample] = useState<Upload | null>(null);
  if (steps.data === undefined) {
    return steps.isError ? (
      <ErrorState problem={toProblem(steps.error)} onRetry={() => void steps.refetch()} />
    ) : (
      <LoadingState rows={6} label="Loading steps" />
    );
  }
  return (
    // A new key takes over what was saved, here or by somebody else meanwhile.
    <StepsEditor
      key={JSON.stringify(steps.data)}
      dataset={dataset}
      saved={steps.data}
      sample={sample}
      onSample={setSample}
    />
  );
}
