// Types of the HTTP contract (docs/api.md), one to one. Written by hand until the server's OpenAPI
// document generates them; no behaviour lives here.

// Problems

export type ProblemCode =
  | 'invalid'
  | 'unauthenticated'
  | 'denied'
  | 'not_found'
  | 'conflict'
  | 'precondition_failed'
  | 'too_large'
  | 'exhausted'
  | 'internal'
  | 'corrupt'
  | 'unavailable'
  // Made by the client when no answer came, so that one component can show every failure.
  | 'network'
  | 'aborted';

export interface FieldProblem {
  field: string;
  detail: string;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  code: ProblemCode;
  detail?: string;
  request_id?: string;
  errors?: FieldProblem[];
  current_version?: number;
}

// Session and users

export type Role = 'viewer' | 'editor' | 'admin' | 'owner';

export interface User {
  id: string;
  email: string;
  name: string;
  role: Role;
}

export interface Tenant {
  id: string;
  slug: string;
  name: string;
}

export interface Session {
  access_token: string;
  expires_in_seconds: number;
  user: User;
  tenant: Tenant;
}

export interface Bootstrap {
  version: string;
  setup_required: boolean;
  max_upload_bytes: number;
}

export interface SetupRequest {
  code: string;
  tenant: { slug: string; name: string };
  owner: { email: string; name: string; password: string };
}

export interface SignInRequest {
  email: string;
  password: string;
}

export interface Me {
  user: User;
  tenant: Tenant;
}

export interface UserRow extends User {
  created_at: string;
}

export interface NewUser {
  email: string;
  name: string;
  role: Role;
  password: string;
}

export interface Items<T> {
  items: T[];
}

// Datasets

export type ColumnType = 'boolean' | 'integer' | 'float' | 'string' | 'date' | 'timestamp';

// One value of a result or a row. Timestamps and dates are strings (RFC 3339).
export type Cell = string | number | boolean | null;

export interface DatasetSummary {
  name: string;
  label: string;
  rows: number;
  size_bytes: number;
  segments: number;
  version: number;
  time_column: string | null;
  time_min: string | null;
  time_max: string | null;
  created_at: string;
  updated_at: string;
}

export interface DatasetColumn {
  name: string;
  type: ColumnType;
  nullable: boolean;
  nulls: number | null;
  min: Cell;
  max: Cell;
}

export interface DatasetLoad {
  load_id: string;
  version: number;
  source: string;
  rows: number;
  rejected: number;
  committed_at: string;
}

export interface DatasetDetail extends DatasetSummary {
  columns: DatasetColumn[];
  loads: DatasetLoad[];
}

export interface ColumnProfile {
  name: string;
  type: ColumnType;
  nulls: number;
  distinct: number;
  distinct_exact: boolean;
  min: Cell;
  max: Cell;
  mean: number | null;
  top: { value: Cell; count: number }[];
}

export interface DatasetProfile {
  dataset: string;
  version: number;
  rows: number;
  columns: ColumnProfile[];
}

export interface RejectedRow {
  load_id: string;
  line: number | null;
  column: string | null;
  value: string | null;
  reason: string;
  raw: string | null;
}

export interface RejectedRows {
  total: number;
  items: RejectedRow[];
}

// Uploads and loads

export interface InferredColumn {
  name: string;
  type: ColumnType;
  nullable: boolean;
  null_tokens: string[];
  examples: string[];
}

export interface Inference {
  format: 'csv' | 'tsv' | 'ndjson' | 'parquet';
  compression: 'none' | 'gzip' | 'zstd';
  delimiter: string | null;
  header: boolean | null;
  encoding: string | null;
  suggested_name: string;
  sample_rows: number;
  columns: InferredColumn[];
  preview: { columns: string[]; rows: Cell[][] };
  warnings: string[];
}

export interface Upload {
  upload_id: string;
  file_name: string;
  size_bytes: number;
  inference: Inference;
}

export interface NewLoad {
  upload_id: string;
  dataset: string;
  label: string;
  mode: 'create' | 'append';
  types: Record<string, ColumnType>;
  time_column: string | null;
  idempotency_key: string | null;
}

export interface LoadReport {
  load_id: string;
  dataset: string;
  version: number;
  rows: number;
  rejected: number;
  bytes: number;
  segments: number;
  duration_ms: number;
  promotions: { column: string; from: string; to: string; line: number | null }[];
  replayed: boolean;
}

export type LoadState = 'running' | 'done' | 'failed' | 'cancelled';

export interface Load {
  id: string;
  dataset: string;
  state: LoadState;
  bytes_read: number;
  bytes_total: number | null;
  rows: number;
  rejected: number;
  report: LoadReport | null;
  problem: Problem | null;
}

// Semantic models

export type MeasureKind = 'count' | 'sum' | 'avg' | 'min' | 'max' | 'count_distinct';

export interface ModelDimension {
  name: string;
  label: string;
  type: ColumnType;
  column?: string;
  expression?: string;
  format?: string | null;
}

export interface ModelMeasure {
  name: string;
  label: string;
  kind: MeasureKind;
  column?: string;
  expression?: string;
  filters?: Filter[];
  format?: string | null;
  lower_is_better?: boolean;
}

export interface Model {
  name: string;
  dataset: string;
  label: string;
  version: number;
  time_dimension: string | null;
  dimensions: ModelDimension[];
  measures: ModelMeasure[];
}

// Queries and results

export type Grain = 'second' | 'minute' | 'hour' | 'day' | 'week' | 'month' | 'quarter' | 'year';

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
  | 'afterOrOnDate';

export interface MemberFilter {
  member: string;
  operator: FilterOperator;
  values?: Cell[];
}

export type Filter = MemberFilter | { or: Filter[] } | { and: Filter[] };

// Two days, one day, or a relative range such as 'last 30 days of data'.
export type DateRange = string | [string, string];

export interface TimeDimension {
  dimension: string;
  granularity?: Grain | null;
  dateRange?: DateRange;
}

export interface SemanticQuery {
  measures?: string[];
  dimensions?: string[];
  timeDimensions?: TimeDimension[];
  filters?: Filter[];
  order?: [string, 'asc' | 'desc'][];
  limit?: number;
  offset?: number;
  total?: boolean;
  timezone?: string | null;
}

export type ColumnRole = 'time' | 'dimension' | 'measure';

export interface ResultColumn {
  name: string;
  label: string;
  type: ColumnType;
  role: ColumnRole | null;
  grain?: Grain | null;
  format?: string | null;
}

export interface Provenance {
  dataset: string;
  version: number;
  complete_until: string | null;
  time_range: { from: string; to: string } | null;
  timezone: string;
  exact: boolean;
  total_rows: number | null;
  truncated: boolean;
  segments_total: number;
  segments_read: number;
  segments_pruned: number;
  rows_scanned: number;
  bytes_read: number;
  row_filter_applied: boolean;
  stages: { name: string; duration_us: number }[];
}

// Columnar: data[c][r] is the value of column c in row r.
export interface QueryResult {
  columns: ResultColumn[];
  data: Cell[][];
  row_count: number;
  provenance: Provenance;
}

// Dashboards

export interface DashboardSummary {
  id: string;
  title: string;
  description: string | null;
  version: number;
  widgets: number;
  updated_at: string;
  updated_by: string | null;
}

export type WidgetKind = 'number' | 'line' | 'area' | 'bar' | 'stacked_bar' | 'table' | 'heatmap';

export interface WidgetLayout {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface WidgetOptions {
  comparison?: 'previous_period' | null;
  lower_is_better?: boolean;
  format?: string | null;
}

export interface Widget {
  id: string;
  kind: WidgetKind;
  title: string;
  layout: WidgetLayout;
  query: SemanticQuery;
  options?: WidgetOptions;
}

export interface DashboardDefinition {
  schema: 1;
  timezone: string | null;
  time: { range: DateRange; grain: Grain | null };
  time_dimension: string | null;
  filters: Filter[];
  widgets: Widget[];
}

export interface Dashboard {
  id: string;
  title: string;
  description: string | null;
  version: number;
  updated_at: string;
  updated_by: string | null;
  definition: DashboardDefinition;
}

export interface NewDashboard {
  title: string;
  description?: string | null;
  definition: DashboardDefinition;
}

// Live frames

export type LiveClientFrame =
  | { type: 'hello'; token: string }
  | { type: 'token'; token: string }
  | { type: 'subscribe'; id: string; query: SemanticQuery }
  | { type: 'unsubscribe'; id: string }
  | { type: 'ack'; id: string; version: number };

export type LiveServerFrame =
  | { type: 'welcome'; heartbeat_seconds: number }
  | { type: 'snapshot'; id: string; version: number; result: QueryResult }
  | {
      type: 'patch';
      id: string;
      from: number;
      to: number;
      row_count: number;
      changed: { indices: number[]; data: Cell[][] };
      provenance: Provenance;
    }
  | { type: 'unchanged'; id: string; from: number; to: number; provenance: Provenance }
  | { type: 'error'; id?: string; problem: Problem }
  | { type: 'heartbeat'; server_time: string }
  | { type: 'bye'; reason: string; retry_after_ms: number | null };
