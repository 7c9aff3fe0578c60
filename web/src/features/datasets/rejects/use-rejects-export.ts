// The rejected rows of a load as a file, written by the server.
import { useCallback, useState } from 'react';
import { rejectsExportPath } from '@/api/dataset-loads-api';
import { problemFromBody, problemOf } from '@/api/problem';
import { apiBase, withFreshToken } from '@/api/reauth';
import type { Problem } from '@/api/types';
import { viewAsHeader } from '@/api/view-as';
import { useToasts } from '@/components/toast-slice';
import { saveFile } from '@/lib/save-file';

export type ExportFormat = 'csv' | 'ndjson';

/** null when the file was handed to the browser. */
async function exportRejects(
  name: string,
  loadId: string,
  format: ExportFormat,
): Promise<Problem | null> {
  try {
    const address = `${window.location.origin}${apiBase}${rejectsExportPath(name, loadId, format)}`;
    const response = await withFreshToken(
      (token) =>
        fetch(address, {
          credentials: 'same-origin',
          headers: {
            ...(token === null ? {} : { authorization: `Bearer ${token}` }),
            ...viewAsHeader(),
          },
        }),
      (answer) => answer.status === 401,
    );
    if (!response.ok) {
      const body: unknown = await response.json().catch(() => null);
      return problemFromBody(response.status, body, response.headers.get('x-request-id'));
    }
    saveFile(await response.blob(), `${name}-rejects.${format}`);
    return null;
  } catch {
    return problemOf('network', 'Check the connection, then try again.');
  }
}

/** What takes them along, and which format is on its way. */
export function useRejectsExport(
  name: string,
): [(loadId: string, format: ExportFormat) => Promise<void>, ExportFormat | null] {
  const toasts = useToasts();
  const [busy, setBusy] = useState<ExportFormat | null>(null);
  const take = useCallback(
    async (loadId: string, format: ExportFormat) => {
      setBusy(format);
      const problem = await exportRejects(name, loadId, format);
      setBusy(null);
      if (problem) toasts.show({ tone: 'error', message: problem.detail ?? problem.title });
    },
    [name, toasts],
  );
  return [take, busy];
}
