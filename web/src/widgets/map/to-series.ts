// Places of a map: a latitude and its longitude, a measure for the area and one for the colour; what else the rows are grouped
// by names them.
import type { Cell } from '@/api/types';
import { isPlace } from '@/charts/core/map-geometry';
import type { MapSpec } from '@/charts/point-map';
import { formatCount } from '@/lib/format';
import { pointAmong } from '@/lib/points';
import { readWithOthers } from '../read-with-others';
import { numberAt } from '../result-columns';
import { textOf } from '../result-to-chart';
import type { ChartInput } from '../result-to-chart';

export interface MapInput extends MapSpec {
  /** What a place is called by, and its value in each of them; null: by its degrees alone. */
  member: string | null;
  values: Cell[];
}

export function toSeries(input: ChartInput): MapInput | null {
  const { widget, result, models } = input;
  const read = readWithOthers(result);
  const [size, shade] = read.measures;
  const members = read.dimensions.map(({ column }) => column.name);
  const point = pointAmong(members, models);
  if (!size || !point) return null;
  const columnOf = (member: string) => read.dimensions.find(({ column }) => column.name === member);
  const north = columnOf(point.latitude)?.values ?? [];
  const east = columnOf(point.longitude)?.values ?? [];
  const names = read.dimensions.filter(
    ({ column }) => column.name !== point.latitude && column.name !== point.longitude,
  );
  const [first] = names;
  const spec: MapInput = {
    title: widget.title,
    size: {
      label: size.column.label,
      format: widget.options?.format ?? size.column.format ?? null,
    },
    shade: shade ? { label: shade.column.label, format: shade.column.format ?? null } : null,
    places: [],
    names: [],
    note: null,
    member: first?.column.name ?? null,
    values: [],
  };
  for (let row = 0; row < read.rowCount; row += 1) {
    const [latitude, longitude] = [numberAt(north, row), numberAt(east, row)];
    if (latitude === null || longitude === null || !isPlace(latitude, longitude)) continue;
    spec.places.push({
      latitude,
      longitude,
      size: numberAt(size.values, row),
      shade: shade ? numberAt(shade.values, row) : null,
    });
    spec.names.push(names.map((name) => textOf(name.values[row] ?? null, name, input)).join(', '));
    spec.values.push(first?.values[row] ?? null);
  }
  const { truncated, total_rows: total } = result.provenance;
  const shown = formatCount(spec.places.length, 'place');
  const left = read.rowCount - spec.places.length;
  const notes = [
    // The greatest, in the order of the question.
    truncated &&
      (total === null
        ? `Only the first ${shown}`
        : `The first ${shown} of ${formatCount(total, 'row')}`),
    left > 0 && `${formatCount(left, 'row')} without a place on the map`,
  ].filter(Boolean);
  if (notes.length > 0) spec.note = notes.join(' \u00b7 ');
  return spec;
}
