// Attributes that conditions may be on: those that people have, those that the policies name, and those that everybody has.
import { useMemo } from 'react';
import { useSession } from '@/api/session-slice';
import type { AccessPolicy } from '@/api/types';
import { useListUsersQuery } from '@/api/users-api';
import { attributesAsked } from './policy-words';

export const builtIn = ['role', 'email', 'id'];
const none: readonly AccessPolicy[] = [];

export function useAttributeNames(given: readonly AccessPolicy[] | null | undefined): string[] {
  const policies = given ?? none;
  const isAdmin = useSession().isAtLeast('admin');
  // Without it nothing is offered, and anything can still be typed.
  const { data } = useListUsersQuery(undefined, { skip: !isAdmin });
  return useMemo(() => {
    const ofPeople = (data ?? []).flatMap(({ attributes }) => Object.keys(attributes));
    const own = [...ofPeople, ...attributesAsked(policies)];
    return [...new Set([...own.sort(), ...builtIn])];
  }, [data, policies]);
}
