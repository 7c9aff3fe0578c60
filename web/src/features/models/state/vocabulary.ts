// Words that a model may have at places where there are few.
export const formats = [
  'number',
  'integer',
  'percent',
  'currency_usd',
  'currency_eur',
  'duration_minutes',
  'bytes',
];
export const grainNames = ['second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'];
export const columnTypes = [
  'boolean',
  'integer',
  'float',
  'string',
  'date',
  'timestamp',
  'struct',
  'list',
];
export const relationships = ['many_to_one', 'one_to_one', 'one_to_many'];
