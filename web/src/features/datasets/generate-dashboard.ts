// Makes a dashboard from a dataset's model and goes there.
import { useCallback } from 'react';
import { useNavigate } from 'react-router';
import { useGenerateDashboardMutation } from '@/api/dashboards-api';
import { toProblem } from '@/api/problem';
import { useToasts } from '@/components/toast-slice';

export function useGenerateDashboard(): [(dataset: string) => Promise<void>, boolean] {
  const [generate, answer] = useGenerateDashboardMutation();
  const navigate = useNavigate();
  const toasts = useToasts();
  const run = useCallback(
    async (dataset: string) => {
      const result = await generate(dataset);
      if (result.error) {
        const problem = toProblem(result.error);
        toasts.show({ tone: 'error', message: problem.detail ?? problem.title });
        return;
      }
      void navigate(`/dashboards/${result.data.id}`);
    },
    [generate, navigate, toasts],
  );
  return [run, answer.isLoading];
}
