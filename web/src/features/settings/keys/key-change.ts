// What of an API key, or of a budget, is changed: what is the same is not sent, and nothing where nothing differs. Pure.
import type { ApiKey, ApiKeyChange } from '@/api/types';
import type { Attributes, Budget } from '@/api/types';

/** Neither the order of names nor that of values says anything. */
const written = (attributes: Attributes): string =>
  JSON.stringify(
    Object.entries(attributes)
      .map(([name, values]) => [name, [...values].sort()] as const)
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  );

export const sameBudget = (one: Budget, other: Budget): boolean =>
  (one.rows ?? null) === (other.rows ?? null) &&
  (one.bytes ?? null) === (other.bytes ?? null) &&
  (one.cost ?? null) === (other.cost ?? null);

export function changeOf(
  given: ApiKey,
  {
    name,
    attributes,
    budget,
    ...end
  }: Pick<ApiKey, 'name' | 'attributes' | 'budget'> & Pick<ApiKeyChange, 'expires_at'>,
): ApiKeyChange {
  return {
    ...(name === given.name ? {} : { name }),
    ...(written(attributes) === written(given.attributes) ? {} : { attributes }),
    ...(sameBudget(budget, given.budget) ? {} : { budget }),
    ...end,
  };
}
