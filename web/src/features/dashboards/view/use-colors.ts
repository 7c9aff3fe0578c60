// The colour assignments of a dashboard, kept in local storage so that a reload with other filters
// still shows every value in its colour.
import { useCallback, useState } from 'react';
import { assignSlots } from '@/charts/core/color-map';
import type { ColorAssignments } from '@/charts/core/color-map';

const keyOf = (dashboardId: string): string => `tidemill-colours:${dashboardId}`;

function read(dashboardId: string): ColorAssignments {
  try {
    const text = localStorage.getItem(keyOf(dashboardId));
    const parsed: unknown = text === null ? {} : JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as ColorAssignments) : {};
  } catch {
    return {};
  }
}

export function useColors(
  dashboardId: string,
): [ColorAssignments, (member: string, values: readonly string[]) => void] {
  const [colors, setColors] = useState(() => read(dashboardId));
  const assign = useCallback(
    (member: string, values: readonly string[]) => {
      setColors((known) => {
        const next = assignSlots(known, member, values);
        if (next !== known) {
          try {
            localStorage.setItem(keyOf(dashboardId), JSON.stringify(next));
          } catch {
            // Colours then last as long as the page.
          }
        }
        return next;
      });
    },
    [dashboardId],
  );
  return [colors, assign];
}
