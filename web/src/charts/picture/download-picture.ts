// A picture of a part of the page as a file. What paints it loads when somebody wants one.
import { useCallback } from 'react';
import { fileName } from '@/api/download-csv';
import { useToasts } from '@/components/toast-slice';

export interface PicturePart {
  element: Element | null;
  /** What the file is called after, and what stands above where the part has no title of its own. */
  title: string;
  titled?: boolean;
}

export function useDownloadPicture(): (part: PicturePart) => Promise<void> {
  const toasts = useToasts();
  return useCallback(
    async ({ element, title, titled = false }) => {
      const name = fileName(title, 'png');
      const done =
        element !== null &&
        (await import('./save-picture')
          .then(({ savePicture }) => savePicture({ element, name, ...(titled ? {} : { title }) }))
          .catch(() => false));
      if (!done) toasts.show({ message: 'The picture could not be made', tone: 'error' });
    },
    [toasts],
  );
}
