// The text of the editor: from the address, else as it was left in this tab. A link that is followed, and Back, bring theirs.
import { useCallback, useState } from 'react';
import { useSession } from '@/api/session-slice';

const prefix = 'tidemill-statement:';

function read(key: string): string {
  try {
    return sessionStorage.getItem(key) ?? '';
  } catch {
    return '';
  }
}

export function useText(linked: string | null): [string, (text: string) => void] {
  const { tenant, user } = useSession();
  const key = `${prefix}${tenant?.id ?? ''}:${user?.id ?? ''}`;
  const [text, setText] = useState(() => linked ?? read(key));
  const [known, setKnown] = useState(linked);
  if (known !== linked) {
    setKnown(linked);
    if (linked !== null) setText(linked);
  }
  const change = useCallback(
    (next: string) => {
      setText(next);
      try {
        sessionStorage.setItem(key, next);
      } catch {
        // The text then lasts as long as the page.
      }
    },
    [key],
  );
  return [text, change];
}
