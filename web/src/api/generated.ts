// Generated from docs/openapi.json by `npm run generate-api-types`; do not edit. The names that the
// application uses are in types.ts.

export type AccessPolicy = {
  /** The only columns of the dataset that are there, with those of `masked`. All others are hidden, also those that a later load brings.
    Without it, all columns are there that are not hidden. */
  columns?: string[];
  /** Columns of the dataset that are not there. */
  hidden?: string[];
  /** Columns of the dataset whose values are not shown. */
  masked?: MaskedColumn[];
  name: string;
  /** Conditions on dimensions that all hold for the rows which are seen: dimensions of the model, or of what its rows belong to
    over many-to-one and one-to-one joins (`customers.region`). A row that belongs to nothing there is not seen by such a one. A value
    `{user.name}` stands for all values of that attribute; in a text each brace is written twice. Without any, all rows are seen. */
  rows?: Filter[];
  /** To whom it applies: all of these hold. Without any it applies to everybody. */
  when?: AttributeCondition[];
};

export type Advice = {
  bytes: number;
  dataset: string;
  decided_at: string;
  reason: string;
  rollup: Rollup;
  rows_saved: number;
  segments: number;
  segments_answered: number;
  state: AdviceState;
  tenant: string;
};

export type AdviceChange = {
  state: WantedState;
};

export type AdviceList = {
  items: Advice[];
};

export type AdviceState = 'suggested' | 'kept' | 'pinned' | 'vetoed' | 'retired';

export type AggregateExplanation = {
  aggregate: string;
  kernel: string;
};

export type ApiKey = {
  /** What access policies go by: values by name. */
  attributes: {
    [key: string]: string[];
  };
  /** What one question of it may read at most, beside what the tenant grants. */
  budget: Budget;
  /** When it was made. */
  created_at: string;
  /** The name of who made it, then. */
  created_by: string;
  /** The id of who made it, who may be gone. */
  created_by_id: string;
  /** When it ends, if ever. */
  expires_at?: string | null;
  /** Id. */
  id: string;
  /** When it was used, to the minute; nothing: not yet. */
  last_used_at?: string | null;
  /** What people read. */
  name: string;
  /** How the key begins; what comes after it is the secret. */
  prefix: string;
  /** What it may do. */
  role: Role;
  /** For `If-Match`. */
  version: number;
};

export type ApiKeyChange = {
  /** What access policies go by. */
  attributes?:
    | {
        [key: string]: string[];
      }
    | {
        [key: string]: string[];
      };
  budget?: Budget | null;
  /** When it ends; `null`: when it is revoked. */
  expires_at?: string | null;
  /** What people read. */
  name?: string | null;
};

export type ApiKeyList = {
  /** Newest first. */
  items: ApiKey[];
};

export type AppliedAccess = {
  dataset: string;
  /** The datasets that the policies look up in over joins, each with the version that decided. */
  lookups?: {
    [key: string]: number;
  };
  /** Why no row is seen, in a sentence. */
  no_rows?: string | null;
  /** Names of the policies that apply. */
  policies: string[];
};

export type AppliedFilter = {
  filter: Filter;
  /** The named filter that it is of, where it is of one. */
  segment?: string | null;
};

export type AppliedRange = {
  from: string | null;
  member: string;
  /** As it was asked for, where it was relative to the clock or to the data: one text for all that mean the same. */
  relative?: string | null;
  to: string | null;
};

export type AsOf = number | string;

export type AttributeCondition = {
  attribute: string;
  /** One of these is among the user's. */
  values: string[];
};

export type Bootstrap = {
  /** Bytes of an uploaded file at most. */
  max_upload_bytes: number;
  /** Whether there is nobody yet. */
  setup_required: boolean;
  /** Version of the server. */
  version: string;
};

export type Bound = {
  /** The part of estimates that keep the bound: 0.95, or 1 where it is certain. */
  confidence: number;
  kind: BoundKind;
  /** The measure, by the name of its column. */
  measure: string;
  /** The bound: 0.01 for one hundredth. */
  value: number;
};

export type BoundKind = 'relative_error';

export type Budget = {
  /** Bytes that are fetched from the store, as they are estimated before. */
  bytes?: number | null;
  /** Units of cost, by the prices of the server: of the rows and the bytes together. */
  cost?: number | null;
  /** Rows of the segments that are looked into. */
  rows?: number | null;
};

export type Calendar = {
  /** The hour with which days and everything longer begin, 0 to 23. At last: 0, midnight. */
  dayStart?: number | null;
  /** The dates that are not worked. At last: none. */
  holidays?: Holiday[] | null;
  /** The zone in which days begin, where the question or its dashboard names none: a name of the IANA database. At last: `UTC`. */
  timezone?: string | null;
  weekStart?: Weekday | null;
  /** The days of the week that are not worked, six at most. At last: Saturday and Sunday. */
  weekend?: Weekday[] | null;
  /** The month with which years begin, 1 to 12; quarters follow it. At last: 1. */
  yearStart?: number | null;
};

export type Cell = (string | number | boolean | null) | object | any[];

export type Chore = 'retention' | 'compaction' | 'checkpoint' | 'vacuum';

export type ColumnField = {
  /** What is inside of it, where it is a struct or list. */
  fields?: ColumnField[];
  /** Its name; `element` inside of a list. */
  name: string;
  type: ColumnType;
};

export type ColumnProfile = {
  distinct: number;
  distinct_exact: boolean;
  max: Cell;
  mean: number | null;
  min: Cell;
  name: string;
  nulls: number;
  top: ValueCount[];
  type: ColumnType;
};

export type ColumnRole = 'time' | 'dimension' | 'measure' | 'column';

export type ColumnType =
  'boolean' | 'integer' | 'float' | 'string' | 'date' | 'timestamp' | 'struct' | 'list';

export type CommitLineage = {
  committed_at: string | null;
  /** Small loads share a commit and its segments. */
  loads: VersionLoad[];
  operation: VersionOperation | null;
  origin: Origin;
  rows: number;
  segments: SegmentLineage[];
  version: number | null;
};

export type Comparison = 'previous_period';

export type Compression = 'none' | 'gzip' | 'zstd' | 'bzip2' | 'xz';

export type Condition = {
  /** The member. */
  member: string;
  /** How to compare. */
  operator: FilterOperator;
  /** With what. Empty for `set`, `notSet`, `onBusinessDays` and `offBusinessDays`. */
  values?: Cell[];
};

export type Contract = {
  /** At most 200. */
  rules: ContractRule[];
};

export type ContractRule =
  | {
      check: 'required';
      column: string;
      on_violation?: Reaction | null;
    }
  | {
      check: 'type';
      column: string;
      on_violation?: Reaction | null;
      type: ColumnType;
    }
  | {
      check: 'range';
      column: string;
      exclusive?: boolean | null;
      max?: Cell | null;
      min?: Cell | null;
      on_violation?: Reaction | null;
    }
  | {
      check: 'allowed';
      column: string;
      on_violation?: Reaction | null;
      values: Cell[];
    }
  | {
      check: 'pattern';
      column: string;
      on_violation?: Reaction | null;
      pattern: string;
    }
  | {
      check: 'reference';
      column: string;
      dataset: string;
      key: string;
      on_violation?: Reaction | null;
    }
  | {
      check: 'unique';
      columns: string[];
      on_violation?: Reaction | null;
    };

export type CountedRows = {
  /** Rows that the caller sees and that would go. */
  rows: number;
};

export type CreatedApiKey = ApiKey & {
  /** The whole key, for `Authorization: Bearer`. It is shown this once and not stored. */
  token: string;
};

export type Dashboard = {
  /** What it shows. */
  definition: DashboardDefinition;
  /** What it is for. */
  description: string | null;
  /** Id. */
  id: string;
  /** What people read. */
  title: string;
  /** When it was saved last. */
  updated_at: string;
  /** By whom. */
  updated_by: string | null;
  /** For `If-Match`. */
  version: number;
};

export type DashboardDefinition = {
  calendar?: Calendar | null;
  /** Conditions on all widgets. */
  filters?: Filter[];
  /** How to read the rest; 1. */
  schema: number;
  /** Which time, how fine. */
  time: DashboardTime;
  /** The dimension that the time control acts on. */
  time_dimension?: string | null;
  /** IANA name of the zone in which days begin; nothing: that of its calendar, or of who looks. */
  timezone?: string | null;
  /** The widgets. */
  widgets: Widget[];
};

export type DashboardList = {
  /** By title. */
  items: DashboardSummary[];
};

export type DashboardSummary = {
  /** What it is for. */
  description: string | null;
  /** Id. */
  id: string;
  /** The models that its widgets ask, by name. */
  models: string[];
  /** What people read. */
  title: string;
  /** When it was saved last. */
  updated_at: string;
  /** By whom. */
  updated_by: string | null;
  /** For `If-Match`. */
  version: number;
  /** How many widgets it has. */
  widgets: number;
};

export type DashboardTime = {
  grain?: Grain | null;
  /** As `dateRange` of a query. */
  range: DateRange;
};

export type DatasetChanges = {
  /** Oldest first. */
  commits: DatasetVersion[];
  /** Its own commit is not part of the changes. */
  from: number;
  rows_added: number;
  rows_removed: number | null;
  /** Its commit is. */
  to: number;
};

export type DatasetColumn = {
  /** What is inside of a struct or list. */
  fields?: ColumnField[];
  max: Cell;
  min: Cell;
  name: string;
  nullable: boolean;
  nulls: number | null;
  type: ColumnType;
};

export type DatasetDetail = DatasetSummary & {
  /** In the order of the dataset. */
  columns: DatasetColumn[];
  /** The newest 20. */
  loads: DatasetLoad[];
};

export type DatasetJob = {
  /** Whether it can be cancelled now. */
  cancellable: boolean;
  /** The dataset. */
  dataset: string;
  /** When it ended. */
  ended_at: string | null;
  /** Id. */
  id: string;
  problem: Problem | null;
  report: DatasetJobReport | null;
  /** When it was ordered. */
  started_at: string;
  /** How it stands. */
  state: DatasetJobState;
  /** What is done. */
  work: DatasetWork;
};

export type DatasetJobReport = {
  /** Bytes that were written or removed. */
  bytes: number;
  /** Segments that are fewer now, or objects that were removed. */
  objects: number;
  /** Rows that went, or that were written again. */
  rows: number;
  /** The version of the dataset after it; nothing where none was made or looked at. */
  version: number | null;
};

export type DatasetJobState = 'running' | 'done' | 'failed' | 'cancelled';

export type DatasetJobs = {
  /** Newest first; what has ended is here for an hour. */
  items: DatasetJob[];
};

export type DatasetLineage = {
  /** Where these come from, by commit, oldest first; what is not known comes last. */
  commits: CommitLineage[];
  /** Until when the rows that are seen are there. */
  complete_until: string | null;
  dataset: string;
  label: string;
  model_version: number;
  /** Why no row is seen, in a sentence. */
  no_rows?: string | null;
  /** The access policies that apply. */
  policies: string[];
  /** Whether rows or columns are not seen. Then neither segments nor loads are told. */
  restricted: boolean;
  /** Rows of these. */
  rows: number;
  /** Segments that may hold a row of the answer, by their bounds. */
  segments_matching: number;
  segments_total: number;
  version: number;
};

export type DatasetList = {
  /** By name. */
  items: DatasetSummary[];
};

export type DatasetLoad = {
  committed_at: string;
  /** What is not as it was in the profiled load before: the strongest findings. */
  drift: Drift[];
  load_id: string;
  /** Values that were made null, because they did not hold to the contract. */
  nulled: number;
  /** Whether it has a profile. */
  profiled: boolean;
  rejected: number;
  /** The load of which it brings rejected rows corrected. */
  replays: string | null;
  rows: number;
  source: string;
  version: number;
};

export type DatasetLoads = {
  /** Newest first, at most 20. */
  items: DatasetLoad[];
};

export type DatasetProfile = {
  columns: ColumnProfile[];
  dataset: string;
  rows: number;
  version: number;
};

export type DatasetSettings = {
  /** Days that rows are kept, by the time column: 1 to 36,500. Nothing keeps all of them. */
  keep_days: number | null;
  /** Days that the idempotency key of a load is known at least, by the commits of the dataset: 0 to 36,500. 0, and nothing, keep them for ever. */
  keys_kept_days: number | null;
  /** Days that a version stays readable after the next one came: 0 to 3,650. Nothing takes what the server says. */
  versions_kept_days: number | null;
};

export type DatasetSteps = {
  /** The columns that a file has before the first step. Left out: they stay as they are. */
  source?: ColumnField[];
  /** What is done to its rows, one after the other. None: the file has the columns of the dataset. */
  steps: Step[];
};

export type DatasetSummary = {
  created_at: string;
  label: string;
  name: string;
  /** Rows that the caller sees. */
  rows: number;
  /** Nothing for who does not see all rows and columns as they are. */
  segments: number | null;
  /** Nothing for who does not see all rows and columns as they are. */
  size_bytes: number | null;
  time_column: string | null;
  time_max: string | null;
  time_min: string | null;
  updated_at: string;
  version: number;
};

export type DatasetVersion = {
  committed_at: string;
  /** Small loads share a commit. */
  loads: VersionLoad[];
  operation: VersionOperation;
  /** Whether it can be asked for with `asOf`. */
  readable: boolean;
  rows_added: number;
  /** Nothing where another engine did not say. */
  rows_removed: number | null;
  segments_added: number;
  segments_removed: number;
  version: number;
};

export type DatasetWork = 'deletion' | 'erasure' | 'compaction' | 'vacuum';

export type DateRange = string[] | string;

export type Deciles = {
  counts: number[];
  edges: number[];
};

export type Diagnostic = {
  /** Character of the line, from 1. */
  column?: number | null;
  /** What is wrong, with near names where there are some. */
  detail: string;
  /** Path of the part that is wrong, for instance `measures[2].column`; empty where the text cannot be read, and where it is no part. */
  field: string;
  /** Line of the text, from 1; of YAML alone. */
  line?: number | null;
};

export type Difference = {
  /** What was answered: a value, the measures of a row, or for an order the place of the row, from 0. */
  answered: Cell;
  /** The column; of an answer as a whole `columns`, `total_rows` or `truncated`. */
  column?: string | null;
  kind: DifferenceKind;
  /** What the rows say. */
  recomputed: Cell;
  /** What tells the row apart, by member. Empty where it is about the answer as a whole. */
  row: {
    [key: string]: Cell;
  };
};

export type DifferenceKind = 'value' | 'only_answered' | 'only_recomputed' | 'order' | 'whole';

export type Dimension = {
  column?: string | null;
  /** What it is, in at most 10,000 bytes. */
  description?: string | null;
  expression?: string | null;
  /** `number`, `integer`, `percent`, `currency_usd`, `currency_eur`, `duration_minutes`, `bytes`, or a d3-format string. */
  format?: string | null;
  geo?: GeoRole | null;
  /** Names for buckets of a time, which questions give as their granularity. */
  granularities?: NamedGranularity[];
  label: string;
  /** Of a longitude: the dimension that is the latitude of the same points. */
  latitude?: string | null;
  /** What programs that read the model are to know of it; as JSON at most 50,000 bytes. */
  meta?: object | null;
  name: string;
  /** Whether people are offered it in lists; questions may name it all the same. */
  public?: boolean;
  /** A dimension of another model that has the same values with the same meaning. */
  same_as?: string | null;
  type: ColumnType;
};

export type DimensionLineage = {
  /** As the model has it. */
  definition: Dimension;
  /** As the question names it. */
  member: string;
  /** The model that it is of, which a join may call otherwise. */
  model: string;
};

export type Drift = {
  before: Cell;
  column?: string | null;
  kind: DriftKind;
  /** The same in a sentence. */
  message: string;
  now: Cell;
  severity: Severity;
};

export type DriftKind =
  'rows' | 'nulls' | 'distinct' | 'range' | 'new_category' | 'missing_category' | 'distribution';

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252' | 'latin-1';

export type EveryMember = '*';

export type Explanation = {
  aggregates: AggregateExplanation[];
  /** What counts: what the tenant grants, lowered by the question. */
  budget: Budget;
  bytes: number;
  /** What both cost together, in units, by the prices of the server. Only budgets of cost are held against it. */
  cost: number;
  dataset: string;
  /** Milliseconds that it would take, by how fast answers were lately. Missing for who sees a part of the rows or columns. */
  estimated_ms?: number | null;
  plan: string;
  rollups: RollupUse[];
  /** Rows that would be read; for who sees a part of the rows or columns: those of them that the question looks at. */
  rows: number;
  segments_by_rollup: number;
  segments_from_rows: number;
  segments_kept: number;
  segments_pruned: number;
  segments_total: number;
  /** What to ask instead, where it is over the budget. */
  suggestions: string[];
  version: number;
  within_budget: boolean;
};

export type FieldProblem = {
  /** What is wrong with it. */
  detail: string;
  /** Path of the field, for instance `filters[0].member`. */
  field: string;
};

export type FileFormat = 'csv' | 'tsv' | 'ndjson' | 'json' | 'parquet' | 'arrow' | 'avro' | 'xlsx';

export type Fill = 'null' | 'zero' | 'previous';

export type Filter =
  | {
      /** The conditions. */
      and: Filter[];
    }
  | {
      /** The conditions. */
      or: Filter[];
    }
  | Condition;

export type FilterOperator =
  | 'equals'
  | 'notEquals'
  | 'contains'
  | 'notContains'
  | 'startsWith'
  | 'notStartsWith'
  | 'endsWith'
  | 'notEndsWith'
  | 'gt'
  | 'gte'
  | 'lt'
  | 'lte'
  | 'between'
  | 'notBetween'
  | 'set'
  | 'notSet'
  | 'inDateRange'
  | 'notInDateRange'
  | 'beforeDate'
  | 'beforeOrOnDate'
  | 'afterDate'
  | 'afterOrOnDate'
  | 'onBusinessDays'
  | 'offBusinessDays';

export type FixedRow = {
  /** Its number among the rejected rows of the load. */
  number: number;
  /** Values by column. */
  row: {
    [key: string]: Cell;
  };
};

export type FixedRows = {
  /** At most 1,000. */
  rows: FixedRow[];
};

export type Folder = {
  includes: FolderIncludes;
  /** What people read; no other folder beside it has it. */
  name: string;
};

export type FolderIncludes = EveryMember | FolderItem[];

export type FolderItem = string | FolderPart | Folder;

export type FolderMember = string | ViewFolder;

export type FolderPart = {
  /** The path of the part. */
  path: string;
};

export type GenerateDashboard = {
  /** The dataset. */
  dataset: string;
};

export type GeoRole = 'latitude' | 'longitude' | 'country' | 'region' | 'city' | 'postal_code';

export type Grain = 'second' | 'minute' | 'hour' | 'day' | 'week' | 'month' | 'quarter' | 'year';

export type Health = {
  /** `ok` or `ready`. */
  status: string;
};

export type Hierarchy = {
  label: string;
  /** The widest first: dimensions of the model, or `join.dimension` where a join leads to them. */
  levels: string[];
  name: string;
};

export type HistogramBucket = {
  count: number;
  from: Cell;
  to: Cell;
};

export type Holiday = {
  date: string;
  /** What it is called. */
  name?: string | null;
};

export type InBody = {
  /** The query, or a list of them. */
  query: object;
  /** `multi` where the client knows answers to several queries. */
  queryType?: string | null;
};

export type Inference = {
  columns: InferredColumn[];
  compression: Compression;
  delimiter: string | null;
  encoding: string | null;
  format: FileFormat;
  header: boolean | null;
  preview: InferencePreview;
  sample_rows: number;
  /** The sheet that is read. */
  sheet?: string | null;
  /** The sheets of a workbook. */
  sheets?: string[];
  suggested_name: string;
  warnings: string[];
};

export type InferencePreview = {
  columns: string[];
  rows: Cell[][];
};

export type InferredColumn = {
  examples: string[];
  /** What is inside of a struct or list. */
  fields?: ColumnField[];
  name: string;
  null_tokens: string[];
  nullable: boolean;
  type: ColumnType;
};

export type Join = {
  /** The other model; when it is not given, the one of the join's name. */
  model?: string | null;
  /** What the other model is called from here. */
  name: string;
  /** Columns whose values are equal. */
  on: JoinKey[];
  relationship?: Relationship;
};

export type JoinKey = {
  /** A column of this model's dataset. */
  column: string;
  /** The column of the other one's. */
  other: string;
};

export type Lineage = {
  calendar?: UsedCalendar | null;
  datasets: DatasetLineage[];
  /** What is grouped by. */
  dimensions: DimensionLineage[];
  /** The conditions of the question and of the segments that it names, made absolute. */
  filters: AppliedFilter[];
  /** The measures that are asked for or filtered by, and after them what they are computed from. */
  measures: MeasureLineage[];
  /** The ranges of time, made absolute. */
  time_ranges: AppliedRange[];
  timezone: string;
  /** Whether some segments are not listed, because there are more than 1,000. */
  truncated: boolean;
  view?: ViewLineage | null;
  /** The joins by which rows come to what is grouped by and filtered by, where that is of another model. */
  ways: WayLineage[];
};

export type Load = {
  /** Bytes of the file read so far. */
  bytes_read: number;
  /** Bytes of the file; 0 while unknown. */
  bytes_total: number;
  /** The dataset. */
  dataset: string;
  /** Id. */
  id: string;
  problem: Problem | null;
  /** Rows rejected. */
  rejected: number;
  report: LoadReport | null;
  /** Rows decoded. */
  rows: number;
  /** How it stands. */
  state: LoadState;
};

export type LoadColumnProfile = {
  deciles?: Deciles | null;
  /** Among the sampled values. */
  distinct: number;
  histogram: HistogramBucket[];
  lengths: TextLengths | null;
  max: Cell;
  mean: number | null;
  min: Cell;
  name: string;
  nulls: number;
  sampled_values: number;
  top: ValueCount[];
  type: ColumnType;
};

export type LoadList = {
  /** Newest first; what has ended is here for an hour. */
  items: Load[];
};

export type LoadMode = 'create' | 'append' | 'replace' | 'replace_range' | 'upsert';

export type LoadProfile = {
  columns: LoadColumnProfile[];
  /** The load that this one was compared with. */
  compared_with: string | null;
  dataset: string;
  drift: Drift[];
  format: number;
  load_id: string;
  rows: number;
  /** Rows of the profiled loads before, the latest last. */
  rows_before: number[];
  /** Rows that everything but nulls, `min` and `max` was taken from. */
  sampled_rows: number;
};

export type LoadReport = {
  bytes: number;
  dataset: string;
  /** What is not as it was in the profiled load before: the strongest findings. */
  drift: Drift[];
  duration_ms: number;
  /** Rows that the steps left out. */
  left_out: number;
  load_id: string;
  /** The datasets that rows were looked up in, and their versions. */
  lookups?: {
    [key: string]: number;
  };
  /** Columns that the dataset did not have before. */
  new_columns: string[];
  /** Values that were made null, because they did not hold to the contract. */
  nulled: number;
  /** Whether it has a profile. */
  profiled: boolean;
  promotions: Promotion[];
  rejected: number;
  /** Rows that were there and went for these. */
  replaced: number;
  replayed: boolean;
  /** Values of decimals and long whole numbers that a float has rounded, because their column was declared as float. */
  rounded: number;
  rows: number;
  segments: number;
  source: string;
  version: number;
  /** Columns of the dataset that became wider, in all rows. */
  widened: Widened[];
};

export type LoadState = 'running' | 'done' | 'failed' | 'cancelled';

export type MadeMember = {
  /** What it is called in the view, behind the prefix. */
  alias?: string | null;
  /** What it is; else as in the model. */
  description?: string | null;
  /** A format preset or a d3-format string; else that of the model. A named filter has none. */
  format?: string | null;
  /** What people read. */
  label?: string | null;
  /** Whatever programs that read the view are to know of it; else as in the model. */
  meta?: object | null;
  /** Its name in the model. */
  name: string;
};

export type MaskedColumn = {
  column: string;
  /** What is shown in its place: a SQL expression over the columns of the dataset. Without one, nothing is. */
  expression?: string | null;
};

export type Me = {
  /** Where. */
  tenant: Tenant;
  /** Who. */
  user: User;
};

export type Measure = {
  /** Dimensions of which each combination has a balance of its own. */
  by?: string[];
  /** Whether a balance stays what it was where a bucket, or the range that is asked for, has no row of a combination. */
  carry?: boolean;
  column?: string | null;
  /** The measure that a ratio divides by, of this model or of another one (`visits.count`). */
  denominator?: string | null;
  /** What it is, in at most 10,000 bytes. */
  description?: string | null;
  /** The dimensions that are shown of the rows behind a number, in this order; without any, all that the model has. */
  drill?: string[];
  expression?: string | null;
  filters?: Filter[];
  /** `number`, `integer`, `percent`, `currency_usd`, `currency_eur`, `duration_minutes`, `bytes`, or a d3-format string. */
  format?: string | null;
  kind: MeasureKind;
  label: string;
  lower_is_better?: boolean;
  /** The measure that a derived one looks at; the numerator of a ratio, which may be of another model (`visits.count`). */
  measure?: string | null;
  /** What programs that read the model are to know of it; as JSON at most 50,000 bytes. */
  meta?: object | null;
  name: string;
  /** Whether people are offered it in lists; questions and other measures may name it all the same. */
  public?: boolean;
  /** Which quantile, from 0 to 1, for the kind `quantile`. Default 0.5, the median. */
  quantile?: number | null;
  span?: Span | null;
  /** Dimensions in which groups are alike that a share is told of, or among which a rank is counted. */
  within?: string[];
};

export type MeasureKind =
  | 'count'
  | 'sum'
  | 'avg'
  | 'min'
  | 'max'
  | 'count_distinct'
  | 'count_distinct_approx'
  | 'quantile'
  | 'first'
  | 'last'
  | 'balance'
  | 'number'
  | 'ratio'
  | 'share_of_total'
  | 'rank'
  | 'cumulative'
  | 'rolling'
  | 'time_shift';

export type MeasureLineage = {
  /** Whether it is part of the question; the others are what it is computed from. */
  asked: boolean;
  /** Its own conditions, made absolute. */
  conditions: Filter[];
  /** As the model has it. */
  definition: Measure;
  /** The measures that it is computed from. */
  made_of: string[];
  member: string;
};

export type Model = {
  /** Who sees which rows and columns. Only admins and owners change them; who does not see everything does not see them. */
  access_policies?: AccessPolicy[];
  dataset: string;
  /** What it is, in at most 10,000 bytes. */
  description?: string | null;
  dimensions: Dimension[];
  /** Dimensions that lie one within the other. */
  hierarchies?: Hierarchy[];
  /** Other models that rows of this one belong to, or that have rows which belong to this one. */
  joins?: Join[];
  label: string;
  measures: Measure[];
  /** What programs that read the model are to know of it; as JSON at most 50,000 bytes. */
  meta?: object | null;
  name: string;
  /** Whether people are offered it in lists. What is not is answered all the same, by its name and through views: who may see what is
    said by access policies. */
  public?: boolean;
  rollups?: Rollup[];
  /** Filters with a name, which a query asks for in `segments`. */
  segments?: NamedFilter[];
  time_dimension: string | null;
  /** Grows with every change. */
  version: number;
};

export type ModelCheck = {
  /** Empty where it could be saved. What is found first may hide what else is wrong. */
  diagnostics: Diagnostic[];
};

export type ModelFile = {
  /** What it is called in notes and problems. */
  name: string;
  /** YAML, 1 MiB at most. */
  text: string;
};

export type ModelFileKind = 'file' | 'model' | 'view';

export type ModelFileNote = {
  /** Character of the line, from 1. */
  column?: number | null;
  /** What became of it and why. */
  detail: string;
  /** The file. */
  file?: string | null;
  /** Line of the file, from 1. */
  line?: number | null;
  /** Names from the outermost to the innermost, for instance `orders.measures.revenue`. */
  path: string;
};

export type ModelFileOutcome = {
  /** Whether it is another one than before. */
  changed: boolean;
  name: string;
  /** The version that is stored; 0 of a view that is new. */
  version: number;
  what: ModelFileKind;
};

export type ModelFileProblem = {
  /** Character of the line, from 1. */
  column?: number | null;
  /** What is wrong, with near names where there are some. */
  detail: string;
  /** Path of the part that is wrong, for instance `measures[2].column`; empty where it is no part. */
  field: string;
  /** The file. */
  file?: string | null;
  /** Line of the file, from 1. */
  line?: number | null;
  /** Of the model or view; empty of a file. */
  name: string;
  /** What it is about. */
  what: ModelFileKind;
};

export type ModelFiles = {
  /** Whether access policies are taken away from models that have some, where the files have none. Everybody of the tenant sees
    everything then. */
  drop_policies?: boolean;
  /** At most 200. */
  files: ModelFile[];
  /** What they are. */
  format: ModelFormat;
};

export type ModelFilesReport = {
  /** What files of other tools say that is left out, or said in another way. */
  notes: ModelFileNote[];
  /** The models and views of the files, as far as there are datasets for them. */
  outcomes: ModelFileOutcome[];
  /** What does not fit. Empty where all of it can be stored. */
  problems: ModelFileProblem[];
};

export type ModelFormat = 'tidemill' | 'cube' | 'osi';

export type ModelList = {
  /** By name. */
  items: Model[];
};

export type MyChange = {
  calendar: Calendar | null;
};

export type NamedFilter = {
  /** What it is, in at most 10,000 bytes. */
  description?: string | null;
  /** Conditions on dimensions that must all hold. */
  filters: Filter[];
  label: string;
  /** What programs that read the model are to know of it; as JSON at most 50,000 bytes. */
  meta?: object | null;
  name: string;
  /** Whether people are offered it in lists; questions may name it all the same. */
  public?: boolean;
};

export type NamedGranularity = {
  /** How wide its buckets are: a unit of the calendar, or several of it. */
  interval: string;
  label: string;
  /** Letters, digits and `_`; not the name of a unit. */
  name: string;
  /** When one of its buckets begins, on the wall clock of whoever asks: a day, or a day and a time for buckets below a day. */
  origin?: string | null;
};

export type NewApiKey = {
  /** What access policies go by: values by name. `id` and `role` are known anyway. */
  attributes?:
    | {
        [key: string]: string[];
      }
    | {
        [key: string]: string[];
      };
  budget?: Budget | null;
  /** When it ends; nothing: when it is revoked. */
  expires_at?: string | null;
  /** What people read. */
  name: string;
  /** What it may do: at most what its maker may, and never owner. */
  role: Role;
};

export type NewDashboard = {
  /** What it shows. */
  definition: DashboardDefinition;
  /** What it is for. */
  description?: string | null;
  /** What people read. */
  title: string;
};

export type NewLoad = {
  contract?: Contract | null;
  /** Name of the dataset: lower-case letters, digits and `_`. */
  dataset: string;
  /** First instant of the range that is replaced; with `replace_range` alone. */
  from?: string | null;
  /** The same load under the same key again is answered as the first time; another one under it is a conflict. */
  idempotency_key?: string | null;
  /** The columns that tell a row from every other; with `upsert` alone. */
  key?: string[];
  /** What people read; for a new dataset. */
  label?: string | null;
  /** Whether the dataset must or must not be there, and what becomes of the rows that it has. */
  mode: LoadMode;
  /** How the file is written, where that is not to be inferred. */
  options?: ReadOptions;
  position?: SourcePart | null;
  /** What is done to the rows of a new dataset, and of every later load; see docs/steps.md. */
  steps?: Step[] | null;
  /** The time of a new dataset; `null` for none, left out to infer it. */
  time_column?: string | null;
  /** The instant after the last of the range that is replaced; with `replace_range` alone. */
  to?: string | null;
  /** Declared types, by column; a field of a struct by its path, `address.zip`. Other columns keep the inferred type. */
  types?: {
    [key: string]: ColumnType;
  };
  /** From `POST /uploads`. */
  upload_id: string;
  /** Whether columns of a dataset that is there may be widened for it. */
  widening?: Widening;
};

export type NewOwner = {
  /** Address. */
  email: string;
  /** What people read. */
  name: string;
  /** 12 to 256 characters. */
  password: string;
};

export type NewTenant = {
  /** What people read. */
  name: string;
  /** Short name: lower-case letters, digits and `_`, at most 63. */
  slug: string;
};

export type NewUser = {
  /** What access policies go by: values by name. `id`, `email` and `role` are known anyway. */
  attributes?:
    | {
        [key: string]: string[];
      }
    | {
        [key: string]: string[];
      };
  /** Address; not yet used in this installation. */
  email: string;
  /** What people read. */
  name: string;
  /** 12 to 256 characters. */
  password: string;
  /** What they may do. */
  role: Role;
};

export type Origin = 'loaded' | 'rewritten' | 'unknown';

export type PasswordChange = {
  /** The one that holds until now. */
  current_password: string;
  /** The one that holds from now on: 12 to 256 characters. */
  new_password: string;
};

export type PreviewOrder = {
  /** Rows that are shown at most: 1 to 1,000, default 100. */
  limit?: number | null;
  /** How the file is written, where that is not to be inferred. */
  options?: ReadOptions;
  /** The steps; none: the file as it would be loaded. */
  steps?: Step[];
  /** Declared types, by column. */
  types?: {
    [key: string]: ColumnType;
  };
};

export type Problem = {
  /** What went wrong, in one stable word. */
  code: ProblemCode;
  /** With `precondition_failed`: the version that is stored now. */
  current_version?: number | null;
  /** What exactly, and what to do. */
  detail?: string | null;
  /** The parts of the request that are wrong. */
  errors?: FieldProblem[];
  /** To find the request in the log. */
  request_id?: string | null;
  /** The HTTP status. */
  status: number;
  /** What to ask instead, a sentence each, where a question is over its budget. */
  suggestions?: string[];
  /** The code in words. */
  title: string;
  /** Always `about:blank`: the code says what it is. */
  type: string;
};

export type ProblemCode =
  | 'invalid'
  | 'unauthenticated'
  | 'denied'
  | 'not_found'
  | 'conflict'
  | 'precondition_failed'
  | 'precondition_required'
  | 'too_large'
  | 'exhausted'
  | 'internal'
  | 'corrupt'
  | 'unavailable';

export type Promotion = {
  column: string;
  /** What is inside, where the latter is a struct or list. */
  fields?: ColumnField[];
  from: ColumnType;
  line: number;
  to: ColumnType;
};

export type Provenance = {
  /** The access policies that restrict what was seen, an entry for each dataset that is not seen as a whole. */
  access?: AppliedAccess[];
  /** The clock by which the answer was made; of an older state, the time of the state. What ends later still goes on. */
  answered_at?: string | null;
  /** How far the numbers that are estimates may be off, one entry a measure. */
  bounds: Bound[];
  bytes_read: number;
  calendar?: UsedCalendar | null;
  /** Until when rows are there: the latest instant, but not beyond `answered_at`, or the end of the latest date's day. Of several datasets
    whose rows are counted the one counts that has the least. */
  complete_until: string | null;
  dataset: string | null;
  exact: boolean;
  /** That range as it was asked for, where it was relative to the clock or to the data: one text for all that mean the same. */
  relative_range?: string | null;
  /** Rows before this instant are gone, because they were older than the dataset keeps rows. */
  retained_from?: string | null;
  rollups: RollupUse[];
  /** Whether rows were left out because the caller may not see them. What tells of all rows is left out then. */
  row_filter_applied: boolean;
  rows_scanned: number;
  /** Where the first bucket begins that is still running: it ends after `answered_at`, or more than a twentieth of it lies behind
    `complete_until`, where buckets are of the dataset's time column, or the end of `time_range`. Left out where the answer has no buckets. */
  running_from?: string | null;
  segments_pruned: number;
  segments_read: number;
  segments_reused: number;
  segments_rolled: number;
  segments_total: number;
  /** What was read, where it was not exactly one dataset. */
  sources?: SourceVersion[];
  /** Empty where the caller may not see all rows and columns as they are. */
  stages: Stage[];
  time_range: TimeRange | null;
  timezone: string;
  total_rows: number | null;
  truncated: boolean;
  version: number | null;
  view?: UsedView | null;
};

export type Pushed = {
  /** Rows that the steps of the dataset left out. */
  left_out: number;
  /** Id of the load, for its rejected rows. */
  load_id: string;
  /** Rows rejected. */
  rejected: number;
  /** Rows that were there and went for these. */
  replaced: number;
  /** Whether this is the answer of an earlier push with the same idempotency key. */
  replayed: boolean;
  /** Rows stored. */
  rows: number;
  /** The version that it made. */
  version: number;
};

export type QueryResult = {
  columns: ResultColumn[];
  data: Cell[][];
  explanation?: Explanation | null;
  others?: Subtotal | null;
  provenance: Provenance;
  row_count: number;
  /** The totals that the query asks for, in its order. */
  totals?: Subtotal[];
};

export type RaggedRows = 'reject' | 'fill';

export type Reaction = 'reject' | 'null' | 'fail';

export type ReadLineage = {
  /** What is asked of these rows alone, before they meet others, as SQL: all of it holds for each that is read. */
  conditions: string[];
  dataset: string;
};

export type ReadOptions = {
  /** The cells of a sheet that are read: `B2:F100`, or open to one side, `B2:F`. */
  cell_range?: string | null;
  /** What lines of delimited text begin with that are no rows: one ASCII character. */
  comment?: string | null;
  /** What separates the cells of delimited text: one ASCII character. */
  delimiter?: string | null;
  encoding?: Encoding | null;
  /** What stands before a character of a quoted cell that means itself: one ASCII character. */
  escape?: string | null;
  format?: FileFormat | null;
  /** Whether the first row of delimited text or of a sheet names the columns. */
  header?: boolean | null;
  /** A JSON Pointer to the array of rows in a JSON document: `/data/items`. */
  json_path?: string | null;
  /** The texts that mean "no value" in text, JSON and sheets, in the place of the usual ones: at most 100. In an address they are one text,
    separated by commas. */
  null_tokens?: string[] | null;
  /** What is written around cells of delimited text: one ASCII character, or `none`; `"` when it is left out. */
  quote?: string | null;
  ragged_rows?: RaggedRows | null;
  /** The name of a sheet of a workbook. */
  sheet?: string | null;
  /** The place of a sheet, from 1, instead of its name. */
  sheet_number?: number | null;
  /** How many times the size of the file its content may be once it is unpacked, from 256 MiB on: 1 to 1,000,000, 1,000 when it is left out. */
  unpack_ratio?: number | null;
};

export type RejectedRow = {
  column: string | null;
  line: number;
  load_id: string;
  /** Its number among the rejected rows of the load. */
  number: number;
  /** Why it cannot be loaded again from here, where it cannot: a sentence. */
  obstacle: string | null;
  raw: string;
  reason: string;
  /** The load that brought it corrected. */
  replayed_by: string | null;
  /** The rule of the contract, from 1, where it is one. */
  rule?: number | null;
  value: string | null;
};

export type RejectedRows = {
  /** By load of these: how its rows are written, where their text does not name its values and that was kept. */
  headers: {
    [key: string]: RowHeader;
  };
  /** Those asked for; fewer than the limit where they are long, so the next page begins as many rows later as these are. */
  items: RejectedRow[];
  /** How many there are. */
  total: number;
};

export type RejectedValue = {
  column: string | null;
  line: number;
  raw: string;
  reason: string;
  value: string | null;
};

export type Relationship = 'many_to_one' | 'one_to_one' | 'one_to_many';

export type ResultColumn = {
  format: string | null;
  grain?: Grain | null;
  /** As the granularity was asked for, where it is not the unit alone: `15 minutes`, or a name of the dimension's. */
  granularity?: string | null;
  /** How wide the buckets are, where they are not one unit each as the calendar says: `2 weeks from 2024-01-02`. */
  interval?: string | null;
  label: string;
  name: string;
  /** Whether it is about the values of the dimension of `top` that are not told apart. */
  others?: boolean;
  /** The values that became this column, in the order of the query's `pivot`. */
  pivot?: Cell[];
  role: ColumnRole;
  type: ColumnType;
};

export type Role = 'viewer' | 'editor' | 'admin' | 'owner';

export type Rollup = {
  dimensions?: string[];
  /** A unit of the calendar, or several of it such as `15 minutes`, in UTC. */
  granularity?: string | null;
  measures: string[];
  name: string;
  time_dimension?: string | null;
};

export type RollupList = {
  items: RollupStatus[];
};

export type RollupStatus = {
  /** Whether the advisor keeps it, and not the model. */
  advised: boolean;
  bytes: number;
  rollup: Rollup;
  rows_saved: number;
  segments_answered: number;
  segments_stored: number;
  segments_total: number;
};

export type RollupUse = {
  lacks?: string | null;
  name: string;
  segments: number;
};

export type RowHeader = {
  /** The columns of the file, in its order. */
  columns: string[];
  /** The character between the cells; none where rows are objects of JSON. */
  delimiter?: string | null;
  /** The texts that mean "no value" in it, where the load named some in the place of the usual ones. */
  null_tokens?: string[] | null;
};

export type RowsToCount = {
  /** A SQL condition over the columns that the caller sees. A row is meant for which it is true; one for which it is false or null is not. */
  predicate: string;
};

export type RowsToDelete = {
  /** How many rows `POST /datasets/{name}/rows/count` has found. Where there are more or fewer by now, nothing goes. */
  expected_rows: number;
  /** A SQL condition over the columns that the caller sees. A row goes for which it is true; one for which it is false or null stays. */
  predicate: string;
};

export type SegmentLineage = {
  bytes: number;
  /** Its path below the dataset. */
  path: string;
  rows: number;
  time_range: TimeRange | null;
};

export type SemanticQuery = {
  asOf?: AsOf | null;
  budget?: Budget | null;
  calendar?: Calendar | null;
  dimensions?: string[];
  /** `true`: measures that are estimates by their kind (`count_distinct_approx`, `quantile`) are computed exactly, too. `false`:
    `count_distinct` of texts and floats may be an estimate as well. Default: every measure is what its kind says. */
  exact?: boolean | null;
  /** Whether the answer says how it was to be answered, as `/queries/explain` says it without answering. Not of live questions. */
  explain?: boolean;
  filters?: Filter[];
  limit?: number | null;
  measures?: string[];
  offset?: number | null;
  /** Pairs of a member and `asc` or `desc`. */
  order?: string[][];
  /** Dimensions, or times with a granularity, whose values become columns. */
  pivot?: string[];
  /** Named filters, `model.segment`, that must all hold too. */
  segments?: string[];
  timeDimensions?: TimeDimension[];
  /** IANA name of the zone in which days begin. Default UTC. */
  timezone?: string | null;
  top?: Top | null;
  /** Whether to count all rows, those cut by the limit included. */
  total?: boolean;
  totals?: Totals | null;
  /** Whether rows are asked for and not groups: of each measure the value that it takes from the row. */
  ungrouped?: boolean;
};

export type Session = {
  /** For `Authorization: Bearer`. */
  access_token: string;
  /** How long it holds. */
  expires_in_seconds: number;
  /** Where. */
  tenant: Tenant;
  /** Who. */
  user: User;
};

export type Setup = {
  /** Printed by the server at its first start. */
  code: string;
  /** Its owner. */
  owner: NewOwner;
  /** The first tenant. */
  tenant: NewTenant;
};

export type Severity = 'notice' | 'warning';

export type SignIn = {
  /** Address. */
  email: string;
  /** Password. */
  password: string;
};

export type SourcePart = {
  /** Where the source was before; left out at its beginning. */
  from?: number | null;
  /** Name of the source, up to 128 characters. */
  source: string;
  /** Where it is afterwards. */
  to: number;
};

export type SourcePosition = {
  /** The load that has. */
  load_id: string;
  /** Everything up to it has been loaded. */
  position: number;
  /** Name of the source. */
  source: string;
  /** The version that has brought it there. */
  version: number;
};

export type SourcePositions = {
  /** By name of the source. */
  items: SourcePosition[];
};

export type SourceVersion = {
  /** Until when its rows are there. */
  complete_until: string | null;
  dataset: string;
  version: number;
};

export type Span = {
  count: number;
  unit: Grain;
};

export type SqlQuery = {
  asOf?: AsOf | null;
  budget?: Budget | null;
  /** Whether the answer says how it was to be answered, as `/sql/explain` says it without answering. Of answers as JSON alone; where
    nothing is answered it changes nothing. */
  explain?: boolean;
  /** Rows at most: 1 to 50,000, default 1,000. */
  limit?: number | null;
  /** One read-only statement. */
  sql: string;
};

export type Stage = {
  duration_us: number;
  name: string;
};

export type StatementLineage = {
  datasets: DatasetLineage[];
  /** Names in it that are dimensions of models, and no columns. */
  dimensions: DimensionLineage[];
  /** The measures that it calls, `measure(revenue)`, and after those of each model what they are computed from. */
  measures: MeasureLineage[];
  /** What its SELECTs over views ask, in their order. Their `datasets` are empty: all that is read stands in those of the statement. */
  questions: Lineage[];
  /** Where it reads rows, and by which conditions. Empty where the caller sees a part of something that it reads. */
  reads: ReadLineage[];
  /** The zone in which days begin, where the statement does not say so itself. */
  timezone: string;
  /** Whether some segments are not listed, because there are more than 1,000. */
  truncated: boolean;
};

export type Step =
  | {
      collapse?: boolean | null;
      columns?: string[] | null;
      op: 'trim';
    }
  | {
      columns: string[];
      op: 'case';
      to: StepCase;
    }
  | {
      columns?: string[] | null;
      ignore_case?: boolean | null;
      op: 'null_tokens';
      tokens: string[];
    }
  | {
      columns: string[];
      find: string;
      ignore_case?: boolean | null;
      op: 'replace';
      regex?: boolean | null;
      with: string;
    }
  | {
      column: string;
      formats: string[];
      into?: string | null;
      on_error?: StepOnError | null;
      op: 'parse_date';
      to?: ColumnType | null;
      zone?: string | null;
    }
  | {
      column: string;
      decimal?: string | null;
      group?: string | null;
      into?: string | null;
      on_error?: StepOnError | null;
      op: 'parse_number';
      strip?: string[] | null;
      to?: ColumnType | null;
    }
  | {
      column: string;
      factor: number;
      into?: string | null;
      offset?: number | null;
      on_error?: StepOnError | null;
      op: 'unit';
    }
  | {
      columns: string[];
      on_error?: StepOnError | null;
      op: 'cast';
      to: ColumnType;
    }
  | {
      column: string;
      expression: string;
      on_error?: StepOnError | null;
      op: 'derive';
    }
  | {
      column: string;
      into: string[];
      op: 'split';
      separator: string;
    }
  | {
      columns: {
        [key: string]: string;
      };
      op: 'rename';
    }
  | {
      columns: string[];
      op: 'drop';
    }
  | {
      condition: string;
      on_error?: StepOnError | null;
      op: 'filter';
    }
  | {
      column: string;
      op: 'flatten';
      prefix?: string | null;
    }
  | {
      keep?: StepKeep | null;
      key?: string[] | null;
      op: 'deduplicate';
    }
  | {
      columns: string[];
      keep_first?: number | null;
      keep_last?: number | null;
      op: 'mask';
      with?: string | null;
    }
  | {
      columns: string[];
      op: 'hash';
      salt?: string | null;
    }
  | {
      dataset: string;
      missing?: StepMissing | null;
      on: {
        [key: string]: string;
      };
      op: 'look_up';
      take: {
        [key: string]: string;
      };
    };

export type StepCase = 'lower' | 'upper' | 'title';

export type StepKeep = 'first' | 'last';

export type StepLineage = {
  /** What the join calls the next model. */
  join: string;
  /** The next model. */
  model: string;
  /** Columns whose values are equal, of the model before and of this one. */
  on: JoinKey[];
};

export type StepMissing = 'null' | 'reject';

export type StepOnError = 'reject' | 'null' | 'fail';

export type StepRows = {
  /** What it does. */
  op: string;
  /** Rows that it rejected. */
  rejected: number;
  /** Rows that came to it. */
  rows_in: number;
  /** Rows that went on. */
  rows_out: number;
  /** The step, from 1. */
  step: number;
};

export type StepsPreview = {
  /** The first rows after the last step, by column. */
  after: {
    [key: string]: Cell;
  }[];
  /** The first rows before the first step, by column. */
  before: {
    [key: string]: Cell;
  }[];
  /** The columns after the last step. */
  columns: ColumnField[];
  inference: Inference;
  /** Rows that are rejected. */
  rejected: number;
  /** The first rejected rows. */
  rejects: RejectedValue[];
  /** Rows that were looked at. */
  rows: number;
  /** Rows that come out of the last step. */
  rows_out: number;
  /** The columns before the first step. */
  source: ColumnField[];
  /** What became of the rows, step by step. */
  steps: StepRows[];
};

export type Subtotal = {
  /** How far estimates may be off. */
  bounds: Bound[];
  /** The members that it keeps apart. */
  by: string[];
  /** A measure that means nothing by these groups, a rank for instance, is missing. */
  columns: ResultColumn[];
  data: Cell[][];
  /** Whether it is about the values that are not among the greatest. */
  others?: boolean;
  row_count: number;
  truncated: boolean;
};

export type Tenant = {
  /** What one question may read at most. */
  budget: Budget;
  /** In which zone and when days, weeks and years begin, where a question does not say. */
  calendar: Calendar;
  /** Id. */
  id: string;
  /** What people read. */
  name: string;
  /** Short name: lower-case letters, digits and `_`. */
  slug: string;
};

export type TenantChange = {
  budget?: Budget | null;
  calendar?: Calendar | null;
};

export type TextLengths = {
  max: number;
  mean: number;
  min: number;
};

export type TimeDimension = {
  dateRange?: DateRange | null;
  dimension: string;
  fill?: Fill | null;
  /** A unit of the calendar, several of it such as `15 minutes`, `6 hours` or `2 weeks from 2024-01-02`, or the name that the
    dimension has for some (`granularities` of the model). Without it the member only restricts. */
  granularity?: string | null;
};

export type TimeRange = {
  from: string;
  to: string;
};

export type Top = {
  /** The measure that says which, over the whole answer. Default: the first one. */
  by?: string | null;
  /** One of the dimensions that are asked for. */
  dimension: string;
  /** How many of its values are told apart. */
  limit: number;
  /** Whether what all other values make together is told as well. */
  others?: boolean;
};

export type Totals = boolean | string[][];

export type UpkeepRecord = {
  /** Bytes that were written or removed. */
  bytes: number;
  chore: Chore;
  dataset: string;
  duration_ms: number;
  /** Why it failed. It is tried again later. */
  error: string | null;
  /** Segments that were merged away or taken out, or objects that were removed. */
  objects: number;
  /** Rows that were written again or taken out. */
  rows: number;
  started_at: string;
};

export type UpkeepReport = {
  enabled: boolean;
  /** When the datasets of the store were last listed. */
  listed_at: string | null;
  /** Newest first. */
  records: UpkeepRecord[];
};

export type Upload = {
  /** The name that the client gave, made harmless. */
  file_name: string;
  /** What it seems to hold. */
  inference: Inference;
  /** Its size. */
  size_bytes: number;
  /** For `POST /loads`, within an hour. */
  upload_id: string;
};

export type UploadForm = {
  /** The file, with its name. */
  file: Blob;
};

export type UploadList = {
  /** Newest first. */
  items: WaitingUpload[];
};

export type UsedCalendar = {
  /** Left out where days begin at midnight. */
  dayStart?: number;
  /** How many holidays were known, where the answer is about business days. */
  holidayCount?: number | null;
  weekStart: Weekday;
  /** The days of the week that are not worked, where the answer is about business days. */
  weekend?: Weekday[] | null;
  yearStart: number;
};

export type UsedView = {
  name: string;
  /** The version in whose words the question was asked and answered. */
  version: number;
};

export type User = {
  /** What access policies go by: values by name. */
  attributes: {
    [key: string]: string[];
  };
  /** What one question of theirs may read at most, beside what the tenant grants. */
  budget: Budget;
  calendar?: Calendar | null;
  /** Address. */
  email: string;
  /** Id. */
  id: string;
  /** What people read. */
  name: string;
  /** What they may do. */
  role: Role;
};

export type UserChange = {
  /** What access policies go by. */
  attributes?:
    | {
        [key: string]: string[];
      }
    | {
        [key: string]: string[];
      };
  budget?: Budget | null;
  /** What people read. */
  name?: string | null;
  role?: Role | null;
};

export type UserList = {
  /** By address. */
  items: UserRow[];
};

export type UserRow = User & {
  /** When they were made. */
  created_at: string;
};

export type ValueCount = {
  count: number;
  value: Cell;
};

export type ValuePage = {
  /** Whether there are more. */
  more: boolean;
  /** In ascending order, without what is missing. */
  values: Cell[];
};

export type Verification = {
  /** Where the answer comes from. */
  answered: Provenance;
  /** Missing for who does not see all rows and columns. */
  answered_ms?: number | null;
  difference_count: number;
  /** The first of them, 20 at most. */
  differences: Difference[];
  /** Whether there is no difference. */
  equal: boolean;
  /** Where the numbers come from that it was compared with: rows alone. */
  recomputed: Provenance;
  /** Missing for who does not see all rows and columns. */
  recomputed_ms?: number | null;
  /** Rows of the answer. */
  rows: number;
  /** Values of measures that were compared. */
  values: number;
  /** What was read, both times. */
  versions: SourceVersion[];
};

export type VersionLoad = {
  bytes: number;
  duration_ms: number;
  idempotency_key: string | null;
  load_id: string;
  /** Columns whose inferred type had to give way. */
  promotions: Promotion[];
  rejected: number;
  rows: number;
  source: string;
};

export type VersionOperation =
  | 'load'
  | 'replacement'
  | 'compaction'
  | 'deletion'
  | 'erasure'
  | 'retention'
  | 'settings'
  | 'other';

export type VersionPage = {
  /** The first version that can be asked for. */
  first_readable: number;
  items: DatasetVersion[];
  latest: number;
  /** The `before` of the next page; nothing at the end of the log. */
  next: number | null;
  /** When that one was made. */
  readable_since: string;
};

export type View = {
  description?: string | null;
  /** How its members are grouped for people. What is in no folder stands beside them. */
  folders?: Folder[];
  /** What it takes from which model, in the order in which people see it. */
  include: ViewInclude[];
  label: string;
  /** No dataset and no join has it. */
  name: string;
  /** Grows with every change. */
  version?: number;
};

export type ViewDetail = {
  /** The view. Who sees a part of its models only is not told what else it names. */
  definition: View;
  dimensions: ViewDimension[];
  /** How the members are grouped for people. What is in no folder stands beside them. */
  folders: ViewFolder[];
  /** Hierarchies of the models, as far as the view shows their levels. */
  hierarchies: Hierarchy[];
  measures: ViewMeasure[];
  /** What is wrong with it since a model was changed under it. For who sees its models as a whole. */
  problems: string[];
  segments: ViewSegment[];
  /** The dimension that places rows of the first model in time, where the view shows it. */
  time_dimension: string | null;
};

export type ViewDimension = {
  /** What it is, where the view or the model says so. */
  description?: string | null;
  format: string | null;
  geo?: GeoRole | null;
  /** Names for its buckets. */
  granularities?: NamedGranularity[];
  label: string;
  /** Of a longitude: what the latitude of the same points is called in the view. */
  latitude?: string | null;
  /** `model.dimension`, or what the last join of its path calls the model. */
  member: string;
  /** What programs that read the view are to know of it; else what the model says to them. */
  meta?: object | null;
  name: string;
  /** Whether people are offered it in lists: what the view lists by its name is, and what comes with `"*"` is as the model says. */
  public?: boolean;
  type: ColumnType;
};

export type ViewFolder = {
  /** Members of the view that are there, by their names in it, and folders within. */
  members: FolderMember[];
  name: string;
};

export type ViewInclude = {
  /** What names begin with in place of the last step. */
  alias?: string | null;
  /** Names that `"*"` leaves out. */
  except?: string[];
  members: ViewMembers;
  /** The model, reached from the first one by joins: `orders`, `orders.customers`. */
  path: string;
  /** Whether names begin with the last step of the path, or its alias: `customers_country`. */
  prefix?: boolean;
};

export type ViewLineage = {
  /** The members of models by those of the view. */
  members: {
    [key: string]: string;
  };
  name: string;
  version: number;
};

export type ViewList = {
  /** By name. */
  items: ViewDetail[];
};

export type ViewMeasure = {
  /** What it is, where the view or the model says so. */
  description?: string | null;
  /** The dimensions of the view that are shown of the rows behind a number, in this order; without any, all of them. */
  drill?: string[];
  format: string | null;
  kind: MeasureKind;
  label: string;
  lower_is_better: boolean;
  /** `model.measure`. */
  member: string;
  /** What programs that read the view are to know of it; else what the model says to them. */
  meta?: object | null;
  name: string;
  /** Whether people are offered it in lists: what the view lists by its name is, and what comes with `"*"` is as the model says. */
  public?: boolean;
};

export type ViewMember = string | MadeMember;

export type ViewMembers = EveryMember | ViewMember[];

export type ViewSegment = {
  /** What it is, where the view or the model says so. */
  description?: string | null;
  label: string;
  /** `model.segment`, or what the last join of its path calls the model. */
  member: string;
  /** What programs that read the view are to know of it; else what the model says to them. */
  meta?: object | null;
  name: string;
  /** Whether people are offered it in lists: what the view lists by its name is, and what comes with `"*"` is as the model says. */
  public?: boolean;
};

export type WaitingUpload = {
  /** When it was sent. */
  created_at: string;
  /** When it is let go of. */
  expires_at: string;
  /** The name that the client gave, made harmless. */
  file_name: string;
  /** Its size. */
  size_bytes: number;
  /** For `POST /uploads/{id}/inference` and `POST /loads`. */
  upload_id: string;
};

export type WantedState = 'pinned' | 'vetoed';

export type WayLineage = {
  /** The model whose rows are counted. */
  from: string;
  /** What stands before the dot of the members that are looked up. */
  name: string;
  /** From one model to the next, at least one. */
  steps: StepLineage[];
};

export type Weekday =
  'monday' | 'tuesday' | 'wednesday' | 'thursday' | 'friday' | 'saturday' | 'sunday';

export type Widened = {
  column: string;
  from: ColumnType;
  to: ColumnType;
};

export type Widening = 'automatic' | 'always' | 'never';

export type Widget = {
  /** Unique in its dashboard. */
  id: string;
  /** How it is drawn. */
  kind: WidgetKind;
  /** Where it stands. */
  layout: WidgetLayout;
  /** How it is shown. */
  options?: WidgetOptions;
  /** What it asks; the date range of the dashboard's time dimension is left empty. */
  query: SemanticQuery;
  /** What people read. */
  title: string;
};

export type WidgetKind =
  'number' | 'line' | 'area' | 'bar' | 'stacked_bar' | 'table' | 'heatmap' | 'map';

export type WidgetLayout = {
  h: number;
  w: number;
  x: number;
  y: number;
};

export type WidgetOptions = {
  comparison?: Comparison | null;
  /** A format preset or a d3-format string. */
  format?: string | null;
  /** Whether a fall is good news. */
  lower_is_better?: boolean | null;
};

export type WrittenModels = {
  /** The files, which can be sent back as they are. */
  files: ModelFile[];
  /** What the files are. */
  format: ModelFormat;
  /** What the format has no words for, a sentence each. */
  left_out: string[];
};
