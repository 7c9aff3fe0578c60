// What an answer is compared with, in words: the period before, of which state, how exact and how much of it is seen. Pure.
import type { Problem, Provenance, ResultColumn } from '@/api/types';
import { versionOf } from '@/lib/comparison';
import { accessFacts, exactFacts, rangeFact, sourceFacts } from './provenance-words';
import type { Fact, FactGroup } from './provenance-words';

export const comparedWith = 'Compared with';

/** Only of one dataset each can be said whether they are of one state. */
function stateFacts(before: Provenance, now: Provenance): Fact[] {
  const [known, other] = [versionOf(now), versionOf(before)];
  if (known !== null && known === other) return [];
  return [
    {
      name: 'State',
      value: known === null || other === null ? 'not known to be the same' : 'another version',
      hint: 'What was loaded between the two questions may be part of the difference.',
    },
  ];
}

export function comparisonGroup(
  before: Provenance | Problem,
  now: Provenance,
  columns: readonly ResultColumn[] = [],
): FactGroup {
  if ('code' in before) {
    const hint = before.detail ?? undefined;
    return {
      title: comparedWith,
      facts: [{ name: 'Nothing', value: before.title, ...(hint === undefined ? {} : { hint }) }],
    };
  }
  return {
    title: comparedWith,
    facts: [
      rangeFact(before),
      ...sourceFacts(before),
      ...stateFacts(before, now),
      ...exactFacts(before, columns),
      ...accessFacts(before),
    ],
  };
}
