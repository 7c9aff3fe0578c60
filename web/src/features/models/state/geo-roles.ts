// What a dimension can say of a place, and which halves of points belong together. Pure.
import type { GeoRole, ModelDimension } from '@/api/types';

interface RoleWords {
  role: GeoRole;
  label: string;
  types: readonly string[];
}

export const geoRoles: readonly RoleWords[] = [
  { role: 'latitude', label: 'Latitude', types: ['integer', 'float'] },
  { role: 'longitude', label: 'Longitude', types: ['integer', 'float'] },
  { role: 'country', label: 'Country', types: ['string'] },
  { role: 'region', label: 'Region or state', types: ['string'] },
  { role: 'city', label: 'City', types: ['string'] },
  { role: 'postal_code', label: 'Postal code', types: ['string', 'integer'] },
];

/** The roles that values of a type can have. */
export const rolesOf = (type: string): readonly RoleWords[] =>
  geoRoles.filter(({ types }) => types.includes(type));

const latitudesOf = (dimensions: readonly ModelDimension[]): readonly ModelDimension[] =>
  dimensions.filter(({ geo }) => geo === 'latitude');

/** The latitudes that are no other dimension's. */
export const freeLatitudes = (
  dimension: ModelDimension,
  dimensions: readonly ModelDimension[],
): readonly ModelDimension[] =>
  latitudesOf(dimensions).filter(
    ({ name }) =>
      !dimensions.some((other) => other.name !== dimension.name && other.latitude === name),
  );

/** A dimension with a role. A longitude of which there is no doubt has its latitude at once. */
export function withRole(
  dimension: ModelDimension,
  geo: GeoRole | null,
  dimensions: readonly ModelDimension[],
): ModelDimension {
  const free = freeLatitudes(dimension, dimensions);
  const only = free.length === 1 ? free[0]?.name : undefined;
  return { ...dimension, geo, latitude: geo === 'longitude' ? (only ?? null) : null };
}
