// All rejected rows, page by page, as one file.
import { useCallback, useState } from 'react';
import { useDispatch } from 'react-redux';
import { datasetsApi } from '@/api/datasets-api';
import { toProblem } from '@/api/problem';
import type { RejectedRow } from '@/api/types';
import type { AppDispatch } from '@/app/store';
import { useToasts } from '@/components/toast-slice';
import { saveFile } from '@/lib/save-file';
import { rejectsCsv } from './rejects-csv';

const limit = 1_000;

export function useRejectsDownload(
  name: string,
  loadId: string | undefined,
): [() => Promise<void>, boolean] {
  const dispatch = useDispatch<AppDispatch>();
  const toasts = useToasts();
  const [busy, setBusy] = useState(false);
  const download = useCallback(async () => {
    setBusy(true);
    const items: RejectedRow[] = [];
    let total = Infinity;
    while (items.length < total) {
      const page = { name, limit, offset: items.length, loadId };
      const answer = await dispatch(
        datasetsApi.endpoints.listRejects.initiate(page, {
          subscribe: false,
          forceRefetch: true,
        }),
      );
      if (answer.data === undefined) {
        const problem = toProblem(answer.error);
        toasts.show({ tone: 'error', message: problem.detail ?? problem.title });
        setBusy(false);
        return;
      }
      items.push(...answer.data.items);
      // A page that brings nothing ends it, whatever the total says.
      total = answer.data.items.length === 0 ? items.length : answer.data.total;
    }
    saveFile(new Blob([rejectsCsv(items)], { type: 'text/csv' }), `${name}-rejected.csv`);
    setBusy(false);
  }, [dispatch, toasts, name, loadId]);
  return [download, busy];
}
