// The SQL that datasets are asked in: what the editor colours and offers.
import { SQLDialect } from '@codemirror/lang-sql';

const keywords = `all and any as asc between by case cast cross current desc distinct else end except exists extract false
fetch filter first following from full grouping group having ilike in inner intersect interval into is join last lateral left
like limit natural not null nulls offset on or order outer over partition preceding qualify range recursive respect right row
rows select sets similar some then ties to true unbounded union unnest using values when where window with within`;

const functions = `abs approx_distinct approx_median approx_percentile_cont array_agg array_length avg bool_and bool_or
btrim ceil char_length coalesce concat concat_ws corr count count_distinct covar_pop cume_dist current_date current_timestamp
date_bin date_part date_trunc dense_rank ends_with exp first_value floor greatest initcap is_business_day lag last_value lead least left
length ln log log10 lower lpad ltrim max md5 measure median min nth_value ntile now nullif percent_rank position power random rank
regexp_like regexp_match regexp_replace repeat replace reverse right round row_number rpad rtrim sign split_part sqrt
starts_with stddev string_agg strpos substr sum to_char to_date to_timestamp trim trunc upper var_pop variance`;

const types = `bigint boolean date decimal double float int integer interval numeric real smallint text time timestamp
timestamptz tinyint varchar`;

const inOneLine = (text: string): string => text.replace(/\s+/g, ' ');

export const dialect = SQLDialect.define({
  keywords: inOneLine(keywords),
  builtin: inOneLine(functions),
  types: inOneLine(types),
  doubleDollarQuotedStrings: false,
  hashComments: false,
});

/** Words without functions, for completion: these are offered once, with their bracket. */
export const words = SQLDialect.define({
  keywords: inOneLine(keywords),
  types: inOneLine(types),
});

export const functionNames: readonly string[] = inOneLine(functions).split(' ');
