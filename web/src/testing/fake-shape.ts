// What stands around an answer of the small engine: totals, the greatest values with the others, as the real one has them.
import type { Cell, Filter, QueryResult, SemanticQuery, Subtotal } from '@/api/types';
import { without } from '@/lib/without';

type Plain = (query: SemanticQuery) => QueryResult;

const groupsOf = (query: SemanticQuery): string[] => [
  ...(query.timeDimensions ?? []).filter((time) => time.granularity).map((time) => time.dimension),
  ...(query.dimensions ?? []),
];

/** The same question by fewer groups, as a whole. */
function fewer(query: SemanticQuery, kept: readonly string[]): SemanticQuery {
  return {
    ...without(query, 'limit', 'order', 'total'),
    dimensions: (query.dimensions ?? []).filter((name) => kept.includes(name)),
    timeDimensions: (query.timeDimensions ?? []).map((time) =>
      kept.includes(time.dimension) ? time : without(time, 'granularity'),
    ),
  };
}

const among = (
  query: SemanticQuery,
  member: string,
  operator: 'equals' | 'notEquals',
  values: Cell[],
): SemanticQuery => {
  const filter: Filter = { member, operator, values };
  return { ...query, filters: [...(query.filters ?? []), filter] };
};

export function shaped(query: SemanticQuery, plain: Plain): QueryResult {
  const { totals, top, ...rest } = query;
  const asked: SemanticQuery = rest;
  const groups = groupsOf(query);
  const by = top?.by ?? query.measures?.[0] ?? '';
  const greatest = top
    ? plain({
        ...fewer(asked, [top.dimension]),
        measures: [by],
        order: [[by, 'desc']],
        limit: top.limit,
      }).data[0]
    : undefined;
  const part = (kept: string[], others: boolean): Subtotal => {
    const question = fewer(asked, kept);
    const told =
      top && greatest && (others || kept.includes(top.dimension))
        ? among(question, top.dimension, others ? 'notEquals' : 'equals', greatest)
        : question;
    const { columns, data } = plain(told);
    return {
      by: kept,
      ...(others ? { others: true } : {}),
      columns,
      data,
      row_count: data[0]?.length ?? 0,
      truncated: false,
      bounds: [],
    };
  };
  const lists = totals === true ? groups.map((_, count) => groups.slice(0, count)) : totals || [];
  const subtotals = lists.flatMap((list) => [
    part(list, false),
    ...(top?.others && list.includes(top.dimension)
      ? [
          part(
            list.filter((name) => name !== top.dimension),
            true,
          ),
        ]
      : []),
  ]);
  const main = plain(top && greatest ? among(asked, top.dimension, 'equals', greatest) : asked);
  return {
    ...main,
    ...(subtotals.length > 0 ? { totals: subtotals } : {}),
    ...(top?.others
      ? {
          others: part(
            groups.filter((name) => name !== top.dimension),
            true,
          ),
        }
      : {}),
  };
}
