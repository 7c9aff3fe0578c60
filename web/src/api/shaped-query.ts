// What stands around an answer: totals, the greatest values of a dimension with the others as one group, filled buckets. By
// hand, as the API document will have it; once generated.ts has these, this file goes.
import type {
  Cell,
  QueryResult as PlainResult,
  ResultColumn,
  SemanticQuery as PlainQuery,
  TimeDimension as PlainTime,
} from './generated';

/** What each total keeps apart, nothing being the grand total; `true`: every beginning of the groups, times first. */
export type Totals = true | string[][];

export interface Top {
  dimension: string;
  /** How many of its values are told apart. */
  limit: number;
  /** The measure that says which are the greatest, over the whole answer. Default: the first one. */
  by?: string;
  /** Whether all other values are one more group. */
  others?: boolean;
}

/** What stands in a bucket without rows. */
export type Fill = 'null' | 'zero' | 'previous';

export type TimeDimension = PlainTime & { fill?: Fill };

export type SemanticQuery = Omit<PlainQuery, 'timeDimensions'> & {
  timeDimensions?: TimeDimension[];
  totals?: Totals;
  top?: Top;
  /** Rows instead of groups. */
  ungrouped?: true;
};

/** The same numbers by fewer groups. A measure that means nothing by these is missing. */
export interface Subtotal {
  /** The members that it keeps apart. */
  by: string[];
  /** It is about the values that are not among the greatest. */
  others?: true;
  columns: ResultColumn[];
  data: Cell[][];
}

export type QueryResult = PlainResult & {
  totals?: Subtotal[];
  /** What the values that are not told apart make together: without the dimension of the question's `top`. */
  others?: Subtotal;
};
