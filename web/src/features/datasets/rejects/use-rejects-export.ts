// The rejected rows of a load as a file, written by the server.
import { useCallback, useState } from 'react';
import { rejectsExportPath } from '@/api/dataset-loads-api';
import { downloadFile } from '@/api/download-file';
import { useToasts } from '@/components/toast-slice';

export type ExportFormat = 'csv' | 'ndjson';

/** What takes them along, and which format is on its way. */
export function useRejectsExport(
  name: string,
): [(loadId: string, format: ExportFormat) => Promise<void>, ExportFormat | null] {
  const toasts = useToasts();
  const [busy, setBusy] = useState<ExportFormat | null>(null);
  const take = useCallback(
    async (loadId: string, format: ExportFormat) => {
      setBusy(format);
      const address = rejectsExportPath(name, loadId, format);
      const problem = await downloadFile(address, `${name}-rejects.${format}`);
      setBusy(null);
      if (problem) toasts.show({ tone: 'error', message: problem.detail ?? problem.title });
    },
    [name, toasts],
  );
  return [take, busy];
}
