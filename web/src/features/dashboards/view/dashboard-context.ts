// What all cards of one dashboard share: definition, current view, models, actions; and the colours.
import { createContext, useContext } from 'react';
import type { Cell, DashboardDefinition, Model, Problem, SemanticQuery, Widget } from '@/api/types';
import type { ColorAssignments } from '@/charts/core/color-map';
import type { DashboardView } from './view-query';

/** Where a question is explored, and by which level of a hierarchy in place of which member; the page knows. */
export type ExplorePath = (
  query: SemanticQuery,
  model: Model,
  widget: Pick<Widget, 'kind' | 'options'>,
  level: { from: string; to: string } | null,
) => Promise<string>;

export interface DashboardShared {
  dashboardId: string;
  definition: DashboardDefinition;
  view: DashboardView;
  models: readonly Model[];
  /** The models are on their way. */
  modelsPending: boolean;
  /** Why some models or views are not there; null: all are. */
  modelsProblem: Problem | null;
  onModels: () => void;
  /** Tells the dashboard which values a card has seen, so that they get colours. */
  onValues: (member: string, values: readonly string[]) => void;
  onFilter: (member: string, value: Cell) => void;
  onClearFilters: () => void;
  onJumpToLatest: () => void;
  /** Left out where nothing can be explored. */
  explorePath?: ExplorePath | undefined;
  /** All cards are asked, because they are about to be printed. */
  printing: boolean;
  /** Counts presses of Refresh. */
  refreshes: number;
}

export const DashboardContext = createContext<DashboardShared | null>(null);

/** Apart from the rest, because most cards have one series and no use for it. */
export const DashboardColors = createContext<ColorAssignments>({});

export function useDashboard(): DashboardShared {
  const shared = useContext(DashboardContext);
  if (!shared) throw new Error('A card stands outside of a dashboard');
  return shared;
}
