// Configuring a card beside the dashboard: title, kind, measures, dimensions and how many of their values, time, limit, options.
// Every change is drawn at once and is an undo step; the query never leaves this page.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Checkbox from '@mui/material/Checkbox';
import FormControlLabel from '@mui/material/FormControlLabel';
import IconButton from '@mui/material/IconButton';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import type { Model, Widget, WidgetKind, WidgetOptions } from '@/api/types';
import { FillField } from '@/components/fill-field';
import { GrainField } from '@/components/grain-field';
import { PossibleItem, reachesAll } from '@/components/possible-item';
import { TopFields } from '@/components/top-fields';
import { Icon } from '@/theme/icons';
import { widened } from '@/lib/joins';
import { memberLabel } from '@/lib/members';
import { isOffered } from '@/lib/offered';
import { pointAmong } from '@/lib/points';
import { kindOf, widgetKinds } from '@/widgets/registry';
import { choicesOf, firstMeasure, member, missingFor, timeOf } from '@/widgets/widget-kind';
import type { WidgetChoices, WidgetKindSpec } from '@/widgets/widget-kind';
import { rootOf } from '../view/view-query';
import { fillObstacle, fitAround, topQuestionOf } from './fit-around';

export interface WidgetPanelProps {
  widget: Widget;
  models: readonly Model[];
  /** `mergeKey` joins a burst of typing into one undo step. */
  onChange: (widget: Widget, label: string, mergeKey?: string) => void;
  onClose: () => void;
}

const formats = [
  { value: '', label: 'As the model says' },
  { value: 'number', label: 'Number' },
  { value: 'integer', label: 'Whole number' },
  { value: 'percent', label: 'Percent' },
  { value: 'currency_usd', label: 'US dollars' },
  { value: 'currency_eur', label: 'Euro' },
  { value: 'duration_minutes', label: 'Duration' },
  { value: 'bytes', label: 'Bytes' },
];

/** Marks along a line or axis: split by many values nobody tells them apart. */
const isDrawn = ({ kind }: WidgetKindSpec): boolean =>
  ['line', 'area', 'bar', 'stacked_bar'].includes(kind);

/** Keeps what a new kind can use of the old choices, and fills what it needs. */
export function fitChoices(
  choices: WidgetChoices,
  kind: WidgetKindSpec,
  model: Model,
): WidgetChoices {
  const { fields } = kind;
  const fallback = kind.defaults(model);
  const measures = choices.measures.slice(0, fields.measures.max);
  const lacksPoint = fields.point && pointAmong(choices.dimensions, [model]) === null;
  const dimensions = [...(lacksPoint ? fallback.dimensions : []), ...choices.dimensions].slice(
    0,
    fields.dimensions.max,
  );
  return {
    measures: measures.length >= fields.measures.min ? measures : firstMeasure(model),
    dimensions: dimensions.length >= fields.dimensions.min ? dimensions : fallback.dimensions,
    time:
      fields.time === 'none'
        ? null
        : (choices.time ?? (fields.time === 'required' ? timeOf(model) : null)),
    limit: choices.limit,
    top: choices.top ?? null,
    fill: choices.fill ?? null,
  };
}

export function changeKind(widget: Widget, kind: WidgetKindSpec, model: Model): Widget {
  const before = choicesOf(widget.query);
  const filters = widget.query.filters ?? [];
  const fitted = fitChoices(before, kind, model);
  const choices = fitAround(fitted, before, filters, model, isDrawn(kind));
  return { ...widget, kind: kind.kind, query: withOwnFilters(widget, kind.toQuery(choices)) };
}

/** A card's own filters, zone and calendar survive every change of its choices. */
export function withOwnFilters(widget: Widget, query: Widget['query']): Widget['query'] {
  const next = { ...query };
  if (widget.query.filters?.length) next.filters = widget.query.filters;
  if (widget.query.segments?.length) next.segments = widget.query.segments;
  if (widget.query.timezone) next.timezone = widget.query.timezone;
  if (widget.query.calendar) next.calendar = widget.query.calendar;
  return next;
}

export function WidgetPanel({ widget, models, onChange, onClose }: WidgetPanelProps) {
  const kind = kindOf(widget.kind);
  const model = models.find((entry) => entry.name === rootOf(widget.query, models));
  const choices = choicesOf(widget.query);
  const options: WidgetOptions = widget.options ?? {};
  if (!kind || !model) {
    return (
      <Box sx={{ p: 4, color: 'text.secondary' }}>The model of this card is not available.</Box>
    );
  }
  const { fields } = kind;
  const filters = widget.query.filters ?? [];
  const { top } = choices;
  const choose = (change: Partial<WidgetChoices>, label: string): void => {
    const changed = { ...choices, ...change };
    const next = fitAround(changed, choices, filters, model, isDrawn(kind));
    const query = withOwnFilters(widget, kind.toQuery(next));
    onChange({ ...widget, query }, label);
  };
  const setOptions = (change: Partial<WidgetOptions>): void =>
    onChange({ ...widget, options: { ...options, ...change } }, `Changed ${widget.title}`);
  const asList = (value: unknown): string[] =>
    typeof value === 'string' ? (value === '' ? [] : [value]) : (value as string[]);
  const pick = (value: unknown, limits: { min: number; max: number }): string[] | null => {
    const list = asList(value);
    const cut = list.length > limits.max ? list.slice(-limits.max) : list;
    return cut.length < limits.min ? null : cut;
  };
  const timeDimensions = model.dimensions.filter(
    (dimension) => dimension.type === 'timestamp' || dimension.type === 'date',
  );
  const time =
    choices.time?.dimension ??
    timeOf(model)?.dimension ??
    member(model, timeDimensions[0]?.name ?? '');
  const word = (members: unknown): string =>
    asList(members)
      .map((name) => memberLabel(name, models))
      .join(', ') || 'None';

  return (
    <Box
      component="aside"
      aria-label={`Configure ${widget.title}`}
      sx={{
        display: 'flex',
        flexDirection: 'column',
        gap: 4,
        p: 4,
        width: { xs: '100%', md: 300 },
        flex: 'none',
      }}
    >
      <Box sx={{ display: 'flex', alignItems: 'center' }}>
        <Box component="h2" sx={{ m: 0, flex: 1, typography: 'h2' }}>
          Configure card
        </Box>
        <IconButton size="small" aria-label="Close panel" onClick={onClose}>
          <Icon name="close" size={16} />
        </IconButton>
      </Box>
      <TextField
        label="Title"
        value={widget.title}
        onChange={(event) =>
          onChange({ ...widget, title: event.target.value }, 'Renamed a card', `title ${widget.id}`)
        }
      />
      <TextField
        select
        label="Kind"
        value={widget.kind}
        onChange={(event) => {
          const next = kindOf(event.target.value as WidgetKind);
          if (next)
            onChange(
              changeKind(widget, next, model),
              `Changed ${widget.title} to ${next.label.toLowerCase()}`,
            );
        }}
        slotProps={{ select: { MenuProps: { slotProps: reachesAll } } }}
      >
        {widgetKinds.map((entry) => {
          const obstacle = missingFor(entry, widened(model, models));
          return (
            <PossibleItem
              key={entry.kind}
              value={entry.kind}
              disabled={obstacle !== null}
              obstacle={obstacle}
            >
              {entry.label}
            </PossibleItem>
          );
        })}
      </TextField>
      <TextField
        select
        label={fields.measures.max > 1 ? 'Measures' : 'Measure'}
        value={fields.measures.max > 1 ? choices.measures : (choices.measures[0] ?? '')}
        onChange={(event) => {
          const measures = pick(event.target.value, fields.measures);
          if (measures) choose({ measures }, `Changed measures of ${widget.title}`);
        }}
        slotProps={{
          select: { multiple: fields.measures.max > 1, renderValue: word, displayEmpty: true },
          inputLabel: { shrink: true },
        }}
      >
        {model.measures
          .filter(
            (measure) =>
              isOffered(measure) || choices.measures.includes(`${model.name}.${measure.name}`),
          )
          .map((measure) => (
            <MenuItem key={measure.name} value={`${model.name}.${measure.name}`}>
              {measure.label}
            </MenuItem>
          ))}
      </TextField>
      {fields.dimensions.max > 0 && (
        <TextField
          select
          label={fields.dimensions.max > 1 ? 'Dimensions' : 'Split by'}
          value={fields.dimensions.max > 1 ? choices.dimensions : (choices.dimensions[0] ?? '')}
          onChange={(event) => {
            const dimensions = pick(event.target.value, fields.dimensions);
            if (dimensions) choose({ dimensions }, `Changed dimensions of ${widget.title}`);
          }}
          slotProps={{
            select: { multiple: fields.dimensions.max > 1, renderValue: word, displayEmpty: true },
            inputLabel: { shrink: true },
          }}
        >
          {fields.dimensions.max === 1 && fields.dimensions.min === 0 && (
            <MenuItem value="">None</MenuItem>
          )}
          {widened(model, models)
            .dimensions.filter(({ type }) => type !== 'timestamp' && type !== 'date')
            .filter(
              (dimension) =>
                isOffered(dimension) || choices.dimensions.includes(member(model, dimension.name)),
            )
            .map((dimension) => (
              <MenuItem key={dimension.name} value={member(model, dimension.name)}>
                {dimension.label}
              </MenuItem>
            ))}
        </TextField>
      )}
      {choices.dimensions.length > 0 && (
        <TopFields
          dimension={memberLabel(top?.dimension ?? choices.dimensions.at(-1) ?? '', models)}
          chosen={top ?? null}
          obstacle={topQuestionOf(choices, filters, model).obstacle}
          onChoose={(chosen) =>
            choose(
              {
                top: chosen && {
                  dimension: top?.dimension ?? choices.dimensions.at(-1) ?? '',
                  by: null,
                  ...chosen,
                },
              },
              `Changed values of ${widget.title}`,
            )
          }
        />
      )}
      {top && choices.dimensions.length > 1 && (
        <TextField
          select
          label="Told apart by"
          value={top.dimension}
          onChange={(event) =>
            choose(
              { top: { ...top, dimension: event.target.value } },
              `Changed values of ${widget.title}`,
            )
          }
        >
          {choices.dimensions.map((name) => (
            <MenuItem key={name} value={name}>
              {memberLabel(name, models)}
            </MenuItem>
          ))}
        </TextField>
      )}
      {fields.time !== 'none' && timeDimensions.length > 0 && (
        <GrainField
          label="Time"
          value={choices.time?.grain ?? null}
          none={fields.time === 'optional' ? 'Not over time' : null}
          named={
            timeDimensions.find(({ name }) => member(model, name) === time)?.granularities ?? []
          }
          onChoose={(grain) =>
            choose(
              { time: grain === null ? null : { dimension: time, grain } },
              `Changed time of ${widget.title}`,
            )
          }
        />
      )}
      {choices.time !== null && choices.measures.length > 0 && (
        <FillField
          value={choices.fill ?? 'null'}
          obstacle={fillObstacle(filters, model)}
          onChoose={(fill) => choose({ fill }, `Changed missing values of ${widget.title}`)}
        />
      )}
      {choices.time === null && fields.dimensions.max > 0 && (
        <TextField
          label="At most"
          type="number"
          value={choices.limit ?? ''}
          onChange={(event) =>
            choose(
              {
                limit:
                  event.target.value === ''
                    ? null
                    : Math.min(50_000, Math.max(1, Math.round(Number(event.target.value)))),
              },
              `Changed limit of ${widget.title}`,
            )
          }
          helperText="Rows, the largest first"
          slotProps={{ htmlInput: { min: 1, max: 50_000 } }}
        />
      )}
      <TextField
        select
        label="Format"
        value={options.format ?? ''}
        onChange={(event) =>
          setOptions({ format: event.target.value === '' ? null : event.target.value })
        }
        slotProps={{ select: { displayEmpty: true }, inputLabel: { shrink: true } }}
      >
        {formats.map((entry) => (
          <MenuItem key={entry.value} value={entry.value}>
            {entry.label}
          </MenuItem>
        ))}
        {options.format && !formats.some((entry) => entry.value === options.format) && (
          <MenuItem value={options.format}>{options.format}</MenuItem>
        )}
      </TextField>
      {fields.comparison && (
        <Box>
          <FormControlLabel
            control={
              <Checkbox
                size="small"
                checked={options.comparison === 'previous_period'}
                onChange={(event) =>
                  setOptions({ comparison: event.target.checked ? 'previous_period' : null })
                }
              />
            }
            label="Compare with the previous period"
          />
          <FormControlLabel
            control={
              <Checkbox
                size="small"
                checked={options.lower_is_better ?? false}
                onChange={(event) => setOptions({ lower_is_better: event.target.checked })}
              />
            }
            label="Lower is better"
          />
        </Box>
      )}
      <Button variant="text" onClick={onClose} sx={{ alignSelf: 'flex-start' }}>
        Done
      </Button>
    </Box>
  );
}
