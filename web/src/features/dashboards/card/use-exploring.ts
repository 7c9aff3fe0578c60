// Going on with what a card asks: on the page that explores, as it is or by the next level of a hierarchy.
import { useMemo } from 'react';
import { useNavigate } from 'react-router';
import type { SemanticQuery, Widget } from '@/api/types';
import { levelsWithin } from '@/lib/hierarchies';
import { widened } from '@/lib/joins';
import { fromMember } from '@/lib/members';
import { useDashboard } from '../view/dashboard-context';
import { rootOf } from '../view/view-query';
import type { CardMenuItem } from './card-menu';

export function useExploring(widget: Widget, query: SemanticQuery): CardMenuItem[] {
  const { models, explorePath } = useDashboard();
  const navigate = useNavigate();
  return useMemo(() => {
    const name = rootOf(query, models);
    const model = models.find((entry) => entry.name === name);
    if (!model || !explorePath) return [];
    const go = (level: { from: string; to: string } | null) => () =>
      void explorePath(query, model, widget, level).then(navigate);
    const wide = model.hierarchies?.length ? widened(model, models) : model;
    const levels = (query.dimensions ?? []).flatMap((from) =>
      levelsWithin(wide, fromMember(from, name)).map((level) => ({ from, level })),
    );
    return [
      { label: 'Explore', icon: 'search', run: go(null) },
      ...levels.map(({ from, level }): CardMenuItem => ({
        label: `Explore by ${level.label}`,
        icon: 'down',
        run: go({ from, to: level.name }),
      })),
    ];
  }, [widget, query, models, explorePath, navigate]);
}
