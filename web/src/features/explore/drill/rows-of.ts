// The rows behind a cell of a model, or of a view: there the question is put in the words of the model whose rows the measure
// counts, because a view shows only some of what is known of them. Pure.
import type { Filter, Model } from '@/api/types';
import { widened } from '@/lib/joins';
import { fromMember, isMemberFilter, toMember } from '@/lib/members';
import { behind, firstModelOf, isView } from '@/lib/views';
import type { ViewModel } from '@/lib/views';
import type { RowsFound, RowsQuestion } from './rows-query';
import { rowsQuery } from './rows-query';

class NotOfModel extends Error {}

function ofModel(question: RowsQuestion, view: ViewModel, root: Model): RowsQuestion {
  const told = (name: string): string => {
    const member = behind(toMember(name, view.name), [view]);
    const short = fromMember(member, root.name);
    if (root.dimensions.some((entry) => entry.name === short)) return member;
    const label = view.dimensions.find((entry) => toMember(entry.name, view.name) === name)?.label;
    throw new NotOfModel(
      `“${label ?? name}” is of another dataset than the rows of ${root.label}.`,
    );
  };
  const inWords = (filter: Filter): Filter => {
    if (isMemberFilter(filter)) return { ...filter, member: told(filter.member) };
    return 'or' in filter ? { or: filter.or.map(inWords) } : { and: filter.and.map(inWords) };
  };
  const { group, filters, measure, time, range } = question;
  return {
    ...question,
    model: root,
    filters: filters.map(inWords),
    group: {
      members: group.members.map((entry) => ({ ...entry, member: told(entry.member) })),
      bucket: group.bucket && { ...group.bucket, member: told(group.bucket.member) },
    },
    measure: measure === null ? null : (view.measureBehind(measure)?.measure.name ?? null),
    time: time === null || range === null || group.bucket !== null ? null : told(time),
  };
}

export function rowsOf(question: RowsQuestion): RowsFound {
  const { model: asked, measure } = question;
  if (!isView(asked)) return rowsQuery(question);
  const { sources } = asked;
  const first = sources.find(({ name }) => name === firstModelOf(asked.view));
  const model = measure === null ? first : asked.measureBehind(measure)?.model;
  if (!model) return { problem: 'The model that they are of is not there.' };
  const root = widened(model, sources);
  try {
    return rowsQuery(ofModel(question, asked, root));
  } catch (error) {
    if (error instanceof NotOfModel) return { problem: error.message };
    throw error;
  }
}
