// The API's types under the names that the application uses. They come from the OpenAPI document by
// way of generated.ts; by hand stands only what that document cannot say, each with its reason.
import type {
  Problem as ProblemInDocument,
  ProblemCode as ServerProblemCode,
  Provenance,
  Cell,
  QueryResult,
  SemanticQuery,
  Subtotal,
  UserRow,
} from './generated';

export type {
  AccessPolicy,
  Advice,
  ApiKey,
  ApiKeyChange,
  AppliedAccess,
  AppliedFilter,
  AppliedRange,
  AsOf,
  AttributeCondition,
  Bootstrap,
  Bound,
  Budget,
  Calendar,
  Cell,
  Chore,
  ColumnField,
  ColumnProfile,
  ColumnRole,
  ColumnType,
  CommitLineage,
  Condition as MemberFilter,
  Contract,
  ContractRule,
  CountedRows,
  CreatedApiKey,
  Dashboard,
  DashboardDefinition,
  DashboardSummary,
  DatasetChanges,
  DatasetColumn,
  DatasetDetail,
  DatasetJob,
  DatasetJobs,
  DatasetLineage,
  DatasetLoad,
  DatasetProfile,
  DatasetSettings,
  DatasetSteps,
  DatasetSummary,
  DatasetVersion,
  DateRange,
  Diagnostic,
  Difference,
  Dimension as ModelDimension,
  DimensionLineage,
  Drift,
  DriftKind,
  Explanation,
  FieldProblem,
  Fill,
  Filter,
  FilterOperator,
  FixedRow,
  Folder,
  FolderItem,
  GeoRole,
  Grain,
  Hierarchy,
  HistogramBucket,
  Holiday,
  Inference,
  InferredColumn,
  Join,
  Lineage,
  Load,
  LoadColumnProfile,
  LoadProfile,
  LoadReport,
  LoadState,
  MaskedColumn,
  Me,
  Measure as ModelMeasure,
  MeasureKind,
  MeasureLineage,
  Model,
  ModelCheck,
  ModelFile,
  ModelFileOutcome,
  ModelFiles,
  ModelFilesReport,
  ModelFormat,
  MyChange,
  NamedFilter,
  NamedGranularity,
  NewApiKey,
  NewDashboard,
  NewLoad,
  NewUser,
  PasswordChange,
  PreviewOrder,
  Promotion,
  Provenance,
  QueryResult,
  Reaction,
  ReadLineage,
  ReadOptions,
  RejectedRow,
  RejectedRows,
  RejectedValue,
  Rollup,
  RowHeader,
  Relationship,
  ResultColumn,
  Role,
  RollupUse,
  SegmentLineage,
  StatementLineage,
  SemanticQuery,
  Session,
  Setup as SetupRequest,
  SignIn as SignInRequest,
  Span,
  SqlQuery,
  Stage,
  Step,
  StepRows,
  StepsPreview,
  Subtotal,
  Tenant,
  TenantChange,
  TimeDimension,
  Top,
  Totals,
  UpkeepRecord,
  UpkeepReport,
  Upload,
  User,
  UserChange,
  UserRow,
  ValueCount,
  ValuePage,
  Verification,
  VersionLoad,
  VersionOperation,
  VersionPage,
  View,
  ViewDetail,
  ViewFolder,
  ViewInclude,
  ViewMember,
  ViewMembers,
  WaitingUpload,
  WayLineage,
  Weekday,
  Widget,
  WidgetKind,
  WidgetLayout,
  WidgetOptions,
  WrittenModels,
} from './generated';

export type { ServerProblemCode };

// `network` and `aborted` are made here when no answer came, so that one component shows every failure.
export type ProblemCode = ServerProblemCode | 'network' | 'aborted';

export interface Problem extends Omit<ProblemInDocument, 'code'> {
  code: ProblemCode;
}

// The lists of the document are one type each; what reads them needs only that they have items.
export interface Items<T> {
  items: T[];
}

/** What access policies ask about a person: `{ country: ['DE'] }`. */
export type Attributes = UserRow['attributes'];

// Live frames

export type LiveClientFrame =
  /** `viewAs`: whose answers are wanted, where that is not who asks. */
  | { type: 'hello'; token: string; viewAs?: string }
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
      /** All of them as they are now, where the question asks for any. */
      totals?: Subtotal[];
      others?: Subtotal;
    }
  | { type: 'unchanged'; id: string; from: number; to: number; provenance: Provenance }
  | { type: 'error'; id?: string; problem: Problem }
  | { type: 'heartbeat'; server_time: string }
  | { type: 'bye'; reason: string; retry_after_ms: number | null };
