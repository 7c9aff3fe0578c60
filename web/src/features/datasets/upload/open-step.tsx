// An upload that waits, on the way to its review: the server looks at its first rows once more.
import { useEffect, useEffectEvent } from 'react';
import { useInferUploadMutation } from '@/api/loads-api';
import { toProblem } from '@/api/problem';
import type { Problem, Upload } from '@/api/types';
import { LoadingState } from '@/components/states';

export interface OpenStepProps {
  uploadId: string;
  onOpened: (upload: Upload) => void;
  onProblem: (problem: Problem) => void;
}

export function OpenStep({ uploadId, onOpened, onProblem }: OpenStepProps) {
  const [infer] = useInferUploadMutation();
  const opened = useEffectEvent(onOpened);
  const failed = useEffectEvent(onProblem);
  useEffect(() => {
    let left = false;
    const open = async (): Promise<void> => {
      const result = await infer({ id: uploadId, options: {} });
      if (left) return;
      if (result.error) failed(toProblem(result.error));
      else opened(result.data);
    };
    void open();
    return () => {
      left = true;
    };
  }, [infer, uploadId]);
  return <LoadingState rows={5} label="Opening the file" />;
}
