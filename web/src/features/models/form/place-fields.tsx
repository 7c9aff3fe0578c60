// What a dimension says of a place. A longitude says to which latitude it belongs.
import type { GeoRole, ModelDimension } from '@/api/types';
import { freeLatitudes, geoRoles, rolesOf, withRole } from '../state/geo-roles';
import { Choice } from './fields';

export interface PlaceFieldsProps {
  dimension: ModelDimension;
  dimensions: readonly ModelDimension[];
  onChange: (dimension: ModelDimension) => void;
}

export function PlaceFields({ dimension, dimensions, onChange }: PlaceFieldsProps) {
  const { type, geo, latitude } = dimension;
  const offered = rolesOf(type);
  // A role that no longer fits the type stands until it is changed.
  const roles = geoRoles.filter((entry) => offered.includes(entry) || entry.role === geo);
  if (roles.length === 0) return null;
  return (
    <>
      <Choice
        label="Place"
        value={geo}
        none="None"
        options={roles.map(({ role, label }) => ({ value: role, label }))}
        onChange={(value) =>
          onChange(withRole(dimension, value === '' ? null : (value as GeoRole), dimensions))
        }
      />
      {(geo === 'longitude' || latitude != null) && (
        <Choice
          label="Its latitude"
          value={latitude}
          options={freeLatitudes(dimension, dimensions).map(({ name, label }) => ({
            value: name,
            label,
          }))}
          onChange={(value) => onChange({ ...dimension, latitude: value || null })}
        />
      )}
    </>
  );
}
